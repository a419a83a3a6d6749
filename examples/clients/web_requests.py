"""Chat through Python's requests: whole, streamed, and with a tool.

MISTRAL_URL      URL of the endpoint, without a route
MISTRAL_API_KEY  one of its keys
Set both with:   eval "$(azure-mistral client requests)"
"""

import json
import os

import requests

URL = os.environ["MISTRAL_URL"] + "/v1/chat/completions"
QUESTION = {"role": "user", "content": "What is the capital of France?"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Return the present weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}

session = requests.Session()
session.headers["Authorization"] = f"Bearer {os.environ['MISTRAL_API_KEY']}"

# Whole
response = session.post(URL, json={"messages": [QUESTION], "max_tokens": 128}, timeout=60)
response.raise_for_status()
print(response.json()["choices"][0]["message"]["content"])

# Streamed: server-sent events, the last of which is [DONE]
body = {"messages": [QUESTION], "max_tokens": 128, "stream": True}
with session.post(URL, json=body, stream=True, timeout=60) as response:
    response.raise_for_status()
    for line in response.iter_lines():
        event = line.decode().removeprefix("data: ")
        if event and event != "[DONE]":
            print(json.loads(event)["choices"][0]["delta"].get("content") or "", end="", flush=True)
print()

# With a tool: the model asks for a call, gets its result, and answers
messages = [{"role": "user", "content": "What is the weather in Paris?"}]
response = session.post(URL, json={"messages": messages, "tools": [WEATHER], "tool_choice": "any"}, timeout=60)
response.raise_for_status()
message = response.json()["choices"][0]["message"]
call = message["tool_calls"][0]
print(call["function"]["name"], call["function"]["arguments"])
result = {"role": "tool", "tool_call_id": call["id"], "name": call["function"]["name"], "content": "sunny, 25 °C"}
response = session.post(URL, json={"messages": [*messages, message, result], "tools": [WEATHER]}, timeout=60)
response.raise_for_status()
print(response.json()["choices"][0]["message"]["content"])
