"""Fill in code between a prompt and a suffix through LiteLLM. Needs: pip install litellm

MISTRAL_AZURE_API_BASE  URL of a Codestral endpoint, with /v1
MISTRAL_AZURE_API_KEY   one of its keys
Set both with:          eval "$(azure-mistral client litellm --model codestral-2501)"
"""

import os

import litellm

completion = litellm.text_completion(
    model="text-completion-codestral/codestral-2501",
    # This provider wants the whole URL, and does not read it from the environment.
    api_base=os.environ["MISTRAL_AZURE_API_BASE"] + "/fim/completions",
    api_key=os.environ["MISTRAL_AZURE_API_KEY"],
    prompt="def add(a, b):\n    return ",
    suffix="\n\nprint(add(1, 2))",
    max_tokens=64,
)
print(completion.choices[0].text)
