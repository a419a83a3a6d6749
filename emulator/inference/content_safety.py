"""Stands in for Azure AI content safety: which phrases it takes for harmful, in prompts and in answers.

Nothing is classified. A phrase has its effect wherever it occurs, in any case, when the endpoint's content safety is
on. Invented: the phrases, but for the one that Microsoft's reference shows as refused, harmless as it is
(azure-ai-docs, articles/ai-studio/reference/reference-model-inference-chat-completions.md). The categories are Azure AI
content safety's.
"""

import re
from collections.abc import Mapping

PROMPT_PHRASES: Mapping[str, str] = {
    "emulate a hateful prompt": "hate",
    "emulate a prompt of self-harm": "self_harm",
    "emulate a sexual prompt": "sexual",
    "emulate a violent prompt": "violence",
    "emulate a jailbreak": "jailbreak",
    "chopping tomatoes and cutting them into cubes or wedges": "violence",
}
"""Phrase in a prompt -> the category for which the request is refused."""

ANSWER_PHRASES: Mapping[str, str] = {
    "emulate a hateful answer": "hate",
    "emulate an answer of self-harm": "self_harm",
    "emulate a sexual answer": "sexual",
    "emulate a violent answer": "violence",
}
"""Phrase in an answer -> the category for which the answer ends before it. Answers repeat the last message."""

FAILURE_PHRASE = "emulate a failing content filter"
"""In an answer: moderation fails, and the answer comes through unmoderated and marked."""


def prompt_category(text: str) -> str | None:
    """Return the category for which a prompt is refused; None if it is harmless."""
    return next((category for phrase, category in PROMPT_PHRASES.items() if _position(phrase, text) is not None), None)


def harm_in_answer(text: str) -> int | None:
    """Return where the harmful part of an answer begins; None if it is harmless."""
    positions = (_position(phrase, text) for phrase in ANSWER_PHRASES)
    return min((position for position in positions if position is not None), default=None)


def moderation_fails(text: str) -> bool:
    """Return whether no decision is made on an answer."""
    return _position(FAILURE_PHRASE, text) is not None


def _position(phrase: str, text: str) -> int | None:
    found = re.search(re.escape(phrase), text, re.IGNORECASE)
    return found.start() if found else None
