"""A program that meets the three refusals with one client, and prints the exceptions that its user gets, as JSON.

python refusals.py CLIENT    reads URL and KEY, LIMITED_URL and LIMITED_KEY, and FILTERED

Clients that try again after a 429 are told not to: they would wait for the minute to pass.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable

MODEL = "ministral-3b"


def curl(url: str, key: str, text: str) -> None:
    body = json.dumps({"messages": [{"role": "user", "content": text}]})
    headers = ["--header", f"Authorization: Bearer {key}", "--header", "Content-Type: application/json"]
    command = ["curl", "--silent", "--show-error", "--fail-with-body", f"{url}/v1/chat/completions", *headers]
    done = subprocess.run([*command, "--data", body], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr.strip())


def requests(url: str, key: str, text: str) -> None:
    import requests

    body = {"messages": [{"role": "user", "content": text}]}
    headers = {"Authorization": f"Bearer {key}"}
    requests.post(f"{url}/v1/chat/completions", json=body, headers=headers, timeout=60).raise_for_status()


def openai(url: str, key: str, text: str) -> None:
    from openai import OpenAI

    client = OpenAI(base_url=url, api_key=key, max_retries=0)
    client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}])


def langchain(url: str, key: str, text: str) -> None:
    import httpx
    from langchain_mistralai import ChatMistralAI

    http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"})
    ChatMistralAI(model_name=MODEL, client=http).invoke(text)


def mistralai(url: str, key: str, text: str) -> None:
    from mistralai.client import Mistral
    from mistralai.client.models import UserMessage

    Mistral(server_url=url, api_key=key).chat.complete(model=MODEL, messages=[UserMessage(content=text)])


def litellm(url: str, key: str, text: str) -> None:
    import litellm

    litellm.suppress_debug_info = True
    messages = [{"role": "user", "content": text}]
    litellm.completion(model=f"mistral/{MODEL}", api_base=url, api_key=key, messages=messages)


def azure_ai_inference(url: str, key: str, text: str) -> None:
    from azure.ai.inference import ChatCompletionsClient
    from azure.core.credentials import AzureKeyCredential

    client = ChatCompletionsClient(url, AzureKeyCredential(key), retry_total=0)
    client.complete(messages=[{"role": "user", "content": text}])


def raised(ask: Callable[[], None]) -> str:
    """Return the exception's name, as a traceback has it."""
    try:
        ask()
    except SystemExit as end:
        return str(end)
    except Exception as error:  # noqa: BLE001 - which one it is, is the question
        return f"{type(error).__module__}.{type(error).__qualname__}: {error}"
    return "nothing"


def main() -> None:
    ask = globals()[sys.argv[1].replace("-", "_")]
    url, limited, key = os.environ["URL"], os.environ["LIMITED_URL"], os.environ["KEY"]
    refusals = {
        "wrong_key": raised(lambda: ask(url, "no key of this endpoint", "Hi")),
        "rate_limit": raised(lambda: ask(limited, os.environ["LIMITED_KEY"], "Hi")),
        "content_filter": raised(lambda: ask(url, key, os.environ["FILTERED"])),
    }
    print(json.dumps(refusals))


if __name__ == "__main__":
    main()
