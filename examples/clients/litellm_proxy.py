"""Chat with a model in all its locations, through LiteLLM's proxy and the OpenAI SDK: whole and streamed.

The proxy runs in a shell of its own. Needs: pip install 'litellm[proxy]'
    azure-mistral client litellm-proxy --show-keys > config.yaml
    LITELLM_MASTER_KEY=sk-... litellm --config config.yaml --port 4000

OPENAI_BASE_URL  URL of the proxy: http://localhost:4000
OPENAI_API_KEY   its master key, or a key that it issued
"""

from openai import OpenAI
from openai.types.chat import ChatCompletionMessageParam

MODEL = "ministral-3b"  # in whichever location; ministral-3b-eastus2 is the one in eastus2
QUESTION: ChatCompletionMessageParam = {"role": "user", "content": "What is the capital of France?"}

client = OpenAI()

# Whole
completion = client.chat.completions.create(model=MODEL, messages=[QUESTION], max_tokens=128)
print(completion.choices[0].message.content)

# Streamed
for chunk in client.chat.completions.create(model=MODEL, messages=[QUESTION], max_tokens=128, stream=True):
    print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
