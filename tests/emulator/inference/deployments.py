"""Endpoints of every kind, and conversations for them."""

from dataclasses import replace
from typing import Any

import pytest

from emulator.inference.deployment import Deployment

MINISTRAL = Deployment(
    name="ministral-3b-a1b2c",
    location="eastus2",
    model="Ministral-3B",
    auth_mode="Key",
    keys=("primary-key", "secondary-key"),
    state="Online",
    content_safety=True,
)
LARGE = replace(MINISTRAL, name="large", model="Mistral-large-2407")
CODESTRAL = replace(MINISTRAL, name="codestral", model="Codestral-2501")
VISION = replace(MINISTRAL, name="vision", model="mistral-small-2503")
OCR = replace(MINISTRAL, name="ocr", model="mistral-ocr-2503")
UNFILTERED = replace(MINISTRAL, name="unfiltered", content_safety=False)
AAD = replace(MINISTRAL, name="aad", auth_mode="AAD", keys=None)
KEY_AND_AAD = replace(MINISTRAL, name="key-and-aad", auth_mode="KeyAndAAD")
CREATING = replace(MINISTRAL, name="creating", state="Creating")
DEPLOYMENTS = {
    (deployment.location, deployment.name): deployment
    for deployment in (MINISTRAL, LARGE, CODESTRAL, VISION, OCR, UNFILTERED, AAD, KEY_AND_AAD, CREATING)
}
TOKEN = "entra-token"

HELLO: list[Any] = [{"role": "user", "content": "Hello"}]
CONVERSATION: list[Any] = [
    {"role": "system", "content": "You translate from English to Italian."},
    {"role": "user", "content": "I love programming."},
    {"role": "assistant", "content": "Amo la programmazione."},
    {"role": "user", "content": "And I love the café, naïvely 🎉."},
]
BOTH_CHAT_ROUTES = pytest.mark.parametrize("base", ["", "/v1"], ids=["inference", "native"])


def user(text: str) -> list[Any]:
    """A conversation of one message."""
    return [{"role": "user", "content": text}]
