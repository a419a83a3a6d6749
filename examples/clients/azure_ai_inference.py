"""Chat through the Azure AI Inference SDK: whole, streamed, and with a tool. Needs: pip install azure-ai-inference

AZURE_AI_CHAT_ENDPOINT  URL of the endpoint, without a route
AZURE_AI_CHAT_KEY       one of its keys
Set both with:          eval "$(azure-mistral client azure-ai-inference)"
"""

import os

from azure.ai.inference import ChatCompletionsClient
from azure.ai.inference.models import (
    AssistantMessage,
    ChatCompletionsToolChoicePreset,
    ChatCompletionsToolDefinition,
    ChatRequestMessage,
    FunctionDefinition,
    ToolMessage,
    UserMessage,
)
from azure.core.credentials import AzureKeyCredential

QUESTION: list[ChatRequestMessage] = [UserMessage("What is the capital of France?")]
WEATHER = ChatCompletionsToolDefinition(
    function=FunctionDefinition(
        name="get_weather",
        description="Return the present weather in a city.",
        parameters={"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    )
)

credential = AzureKeyCredential(os.environ["AZURE_AI_CHAT_KEY"])
with ChatCompletionsClient(os.environ["AZURE_AI_CHAT_ENDPOINT"], credential) as client:
    # Whole
    answer = client.complete(messages=QUESTION, max_tokens=128)
    print(answer.choices[0].message.content)

    # Streamed
    for update in client.complete(messages=QUESTION, max_tokens=128, stream=True):
        if update.choices:
            print(update.choices[0].delta.content or "", end="", flush=True)
    print()

    # With a tool: the model asks for a call, gets its result, and answers
    messages: list[ChatRequestMessage] = [UserMessage("What is the weather in Paris?")]
    required = ChatCompletionsToolChoicePreset.REQUIRED
    answer = client.complete(messages=messages, tools=[WEATHER], tool_choice=required)
    calls = answer.choices[0].message.tool_calls or []
    messages.append(AssistantMessage(tool_calls=calls))
    for call in calls:
        print(call.function.name, call.function.arguments)
        messages.append(ToolMessage("sunny, 25 °C", tool_call_id=call.id))
    answer = client.complete(messages=messages, tools=[WEATHER])
    print(answer.choices[0].message.content)
