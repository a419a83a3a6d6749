"""Chat through LiteLLM: whole, streamed, and with a tool. Needs: pip install litellm

MISTRAL_AZURE_API_BASE  URL of the endpoint, with /v1
MISTRAL_AZURE_API_KEY   one of its keys
Set both with:          eval "$(azure-mistral client litellm)"
"""

import litellm

MODEL = "mistral/ministral-3b"  # the part before the slash is LiteLLM's provider
QUESTION = {"role": "user", "content": "What is the capital of France?"}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Return the present weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}

# Whole
answer = litellm.completion(model=MODEL, messages=[QUESTION], max_tokens=128)
print(answer.choices[0].message.content)

# Streamed
for chunk in litellm.completion(model=MODEL, messages=[QUESTION], max_tokens=128, stream=True):
    print(chunk.choices[0].delta.content or "", end="", flush=True)
print()

# With a tool: the model asks for a call, gets its result, and answers
messages = [{"role": "user", "content": "What is the weather in Paris?"}]
answer = litellm.completion(model=MODEL, messages=messages, tools=[WEATHER], tool_choice="required")
messages.append(answer.choices[0].message)
for call in answer.choices[0].message.tool_calls:
    print(call.function.name, call.function.arguments)
    messages.append({"role": "tool", "name": call.function.name, "tool_call_id": call.id, "content": "sunny, 25 °C"})
answer = litellm.completion(model=MODEL, messages=messages, tools=[WEATHER])
print(answer.choices[0].message.content)
