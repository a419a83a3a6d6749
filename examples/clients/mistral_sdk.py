"""Chat through Mistral's SDK: whole, streamed, and with a tool. Needs: pip install mistralai

MISTRAL_URL      URL of the endpoint, without a route
MISTRAL_API_KEY  one of its keys
Set both with:   eval "$(azure-mistral client mistralai)"
"""

import os

from mistralai.client import Mistral
from mistralai.client.models import (
    AssistantMessage,
    ChatCompletionRequestMessage,
    Function,
    Tool,
    ToolMessage,
    UserMessage,
)

MODEL = "ministral-3b"  # an endpoint serves one model, whatever is said here; the SDK wants a name
QUESTION = UserMessage(content="What is the capital of France?")
WEATHER = Tool(
    function=Function(
        name="get_weather",
        description="Return the present weather in a city.",
        parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    )
)

with Mistral(server_url=os.environ["MISTRAL_URL"], api_key=os.environ["MISTRAL_API_KEY"]) as client:
    # Whole
    answer = client.chat.complete(model=MODEL, messages=[QUESTION], max_tokens=128)
    print(answer.choices[0].message.content)

    # Streamed
    with client.chat.stream(model=MODEL, messages=[QUESTION], max_tokens=128) as events:
        for event in events:
            print(event.data.choices[0].delta.content or "", end="", flush=True)
    print()

    # With a tool: the model asks for a call, gets its result, and answers
    messages: list[ChatCompletionRequestMessage] = [UserMessage(content="What is the weather in Paris?")]
    answer = client.chat.complete(model=MODEL, messages=messages, tools=[WEATHER], tool_choice="any")
    calls = answer.choices[0].message.tool_calls or []
    messages.append(AssistantMessage(tool_calls=calls))
    for call in calls:
        print(call.function.name, call.function.arguments)
        messages.append(ToolMessage(name=call.function.name, tool_call_id=call.id, content="sunny, 25 °C"))
    answer = client.chat.complete(model=MODEL, messages=messages, tools=[WEATHER])
    print(answer.choices[0].message.content)
