"""Chat through LangChain: whole, streamed, and with a tool. Needs: pip install langchain-mistralai

MISTRAL_BASE_URL  URL of the endpoint, with /v1
MISTRAL_API_KEY   one of its keys
Set both with:    eval "$(azure-mistral client langchain)"
"""

import os

import httpx
from langchain_core.messages import HumanMessage
from langchain_core.tools import tool
from langchain_mistralai import ChatMistralAI

QUESTION = "What is the capital of France?"


@tool
def get_weather(city: str) -> str:
    """Return the present weather in a city."""
    return f"sunny, 25 °C in {city}"


# ChatMistralAI(model_name="ministral-3b") reads the same variables, but trusts the authorities of certifi alone. This
# client trusts those of SSL_CERT_FILE: a company proxy's, the emulator's.
http = httpx.Client(
    base_url=os.environ["MISTRAL_BASE_URL"],
    headers={"Authorization": f"Bearer {os.environ['MISTRAL_API_KEY']}"},
    timeout=60,
)
model = ChatMistralAI(model_name="ministral-3b", max_tokens=128, client=http)

# Whole
print(model.invoke(QUESTION).text)

# Streamed
for chunk in model.stream(QUESTION):
    print(chunk.text, end="", flush=True)
print()

# With a tool: the model asks for a call, gets its result, and answers
question = HumanMessage("What is the weather in Paris?")
asked = model.bind_tools([get_weather], tool_choice="any").invoke([question])
print(asked.tool_calls[0]["name"], asked.tool_calls[0]["args"])
results = [get_weather.invoke(call) for call in asked.tool_calls]
print(model.bind_tools([get_weather]).invoke([question, asked, *results]).text)
