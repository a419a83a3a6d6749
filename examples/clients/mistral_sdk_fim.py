"""Fill in code between a prompt and a suffix through Mistral's SDK, whole and streamed. Needs: pip install mistralai

MISTRAL_URL      URL of a Codestral endpoint, without a route
MISTRAL_API_KEY  one of its keys
Set both with:   eval "$(azure-mistral client mistralai --model codestral-2501)"
"""

import os

from mistralai.client import Mistral

MODEL = "codestral-2501"  # an endpoint serves one model, whatever is said here; the SDK wants a name
PROMPT = "def add(a, b):\n    return "
SUFFIX = "\n\nprint(add(1, 2))"

with Mistral(server_url=os.environ["MISTRAL_URL"], api_key=os.environ["MISTRAL_API_KEY"]) as client:
    # Whole
    answer = client.fim.complete(model=MODEL, prompt=PROMPT, suffix=SUFFIX, max_tokens=64)
    print(answer.choices[0].message.content)

    # Streamed
    with client.fim.stream(model=MODEL, prompt=PROMPT, suffix=SUFFIX, max_tokens=64) as events:
        for event in events:
            print(event.data.choices[0].delta.content or "", end="", flush=True)
    print()
