"""Chat through the OpenAI SDK: whole, streamed, and with a tool. Needs: pip install openai

OPENAI_BASE_URL  URL of the endpoint, with /v1
OPENAI_API_KEY   one of its keys
Set both with:   eval "$(azure-mistral client openai)"
"""

from openai import OpenAI
from openai.types.chat import ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from openai.types.chat.chat_completion_message_function_tool_call_param import Function

MODEL = "ministral-3b"  # an endpoint serves one model, whatever is said here; the SDK wants a name
QUESTION: ChatCompletionMessageParam = {"role": "user", "content": "What is the capital of France?"}
WEATHER: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Return the present weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}

client = OpenAI()

# Whole
completion = client.chat.completions.create(model=MODEL, messages=[QUESTION], max_tokens=128)
print(completion.choices[0].message.content)

# Streamed; the last chunk has the usage, without stream_options, which Mistral's API does not know
for chunk in client.chat.completions.create(model=MODEL, messages=[QUESTION], max_tokens=128, stream=True):
    print(chunk.choices[0].delta.content or "", end="", flush=True)
print()

# With a tool: the model asks for a call, gets its result, and answers
messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What is the weather in Paris?"}]
completion = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER], tool_choice="required")
for call in completion.choices[0].message.tool_calls or []:
    if call.type == "function":
        print(call.function.name, call.function.arguments)
        function: Function = {"name": call.function.name, "arguments": call.function.arguments}
        messages += [
            {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": call.id, "content": "sunny, 25 °C"},
        ]
completion = client.chat.completions.create(model=MODEL, messages=messages, tools=[WEATHER])
print(completion.choices[0].message.content)
