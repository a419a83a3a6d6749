"""What each model can do behind an endpoint: its routes, parameters and limits. Data only; no requests.

Source: the table of Microsoft's "Foundry Models from partners" (azure-ai-docs,
articles/ai-foundry/foundry-models/concepts/models-from-partners.md) unless a row says something else.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Encoding = Literal["v1", "v2", "v3", "v3-tekken", "v3-tekken-240911", "v7"]


@dataclass(frozen=True, slots=True)
class ModelTraits:
    """What the inference API of a model takes and gives."""

    encoding: Encoding | None = None
    """The tokenizer that counts its tokens. None: the model does not generate text."""
    context_length: int = 0
    """Tokens of prompt and answer together."""
    base: bool = False
    """Whether it continues texts, and does not chat."""
    tools: bool = False
    vision: bool = False
    fim: bool = False
    """Whether it has `/v1/fim/completions`."""
    ocr: bool = False
    """Whether it has `/v1/ocr`."""

    @property
    def chat(self) -> bool:
        """Whether it has the chat routes."""
        return self.encoding is not None and not self.base


# Keys: registry names in lower case, because Azure's documents spell them both ways (Mistral-Large-2411).
MODELS: Mapping[str, ModelTraits] = {
    # With the models' own tokenizers: MODEL_NAME_TO_TOKENIZER_CLS in mistral_common.tokens.tokenizers.mistral (1.13.1),
    # and the table of docs.mistral.ai/cookbook/concept-deep-dive-tokenization-templates.
    "mistral-large": ModelTraits("v2", 32_768, tools=True),
    "mistral-large-2407": ModelTraits("v3", 131_072, tools=True),
    "mistral-large-2411": ModelTraits("v7", 128_000, tools=True),
    "mistral-small": ModelTraits("v2", 32_768, tools=True),
    "mistral-nemo": ModelTraits("v3-tekken", 131_072, tools=True),
    #
    # With the nearest tokenizer in the wheel of mistral-common, so the counts come near those of Azure.
    # That of ministral-8b-2410, released together with it; the 3B's own was not published.
    "ministral-3b": ModelTraits("v3-tekken", 131_072, tools=True),
    # The vocabulary of its generation; its own was not published.
    "codestral-2501": ModelTraits("v3-tekken", 262_144, fim=True),
    # Mistral-Small-3.1-24B-Instruct-2503 has Tekken with the v7 template, the wheel has Tekken with the v3 template
    # only. 240911 is the file of the models with vision. Vision: the portal's model card.
    "mistral-small-2503": ModelTraits("v3-tekken-240911", 32_768, tools=True, vision=True),
    # Not published; a model with vision too.
    "mistral-medium-2505": ModelTraits("v3-tekken-240911", 128_000, vision=True),
    # Invented, like the model: see emulator/arm/models.toml.
    "mistral-unlisted": ModelTraits("v3-tekken", 32_768, tools=True),
    #
    "mistral-ocr-2503": ModelTraits(ocr=True),
    "mistral-document-ai-2505": ModelTraits(ocr=True),
    #
    # Open weights, on managed compute: tokenizers from the same table, contexts from the models' config.json.
    "mistralai-mistral-7b-v01": ModelTraits("v1", 32_768, base=True),
    "mistralai-mistral-7b-instruct-v01": ModelTraits("v1", 32_768),
    "mistralai-mistral-7b-instruct-v0-2": ModelTraits("v1", 32_768),
    "mistralai-mixtral-8x7b-v01": ModelTraits("v1", 32_768, base=True),
    "mistralai-mixtral-8x7b-instruct-v01": ModelTraits("v1", 32_768),
    "mistralai-mixtral-8x22b-v0-1": ModelTraits("v3", 65_536, base=True),
    "mistralai-mixtral-8x22b-instruct-v0-1": ModelTraits("v3", 65_536, tools=True),
}


def traits_of(model: str) -> ModelTraits:
    """Return what a registry model can do, found in either spelling of its name. An unknown model can do nothing."""
    return MODELS.get(model.lower(), ModelTraits())
