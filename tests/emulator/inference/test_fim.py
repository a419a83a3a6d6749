"""Filling in the middle, and reading documents: the routes that only some models have."""

import base64
import json
from typing import Any

import pytest
from mistral_common.protocol.fim.request import FIMRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from mistralai.client import Mistral
from mistralai.client.models import DocumentURLChunk

from tests.emulator.inference.deployments import CODESTRAL, HELLO, MINISTRAL, OCR

FIM = "/v1/fim/completions"
DOCUMENT = {"type": "document_url", "document_url": "https://example.com/a.pdf"}


def test_fim_fills_in_between_a_prompt_and_a_suffix(ask: Any) -> None:
    answer = ask(FIM, CODESTRAL, prompt="def add(a, b):\n", suffix="\n    return c").json()

    assert answer["object"] == "chat.completion"
    assert answer["model"] == "Codestral-2501"
    [choice] = answer["choices"]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["role"] == "assistant"
    assert "Synthetic code of the azure-mistral emulator" in choice["message"]["content"]
    assert "between 15 and 13 characters" in choice["message"]["content"]
    tokenizer: MistralTokenizer[Any, Any, Any, Any, Any] = MistralTokenizer.v3(is_tekken=True)
    encoded = tokenizer.encode_fim(FIMRequest(prompt="def add(a, b):\n", suffix="\n    return c"))
    assert answer["usage"]["prompt_tokens"] == len(encoded.tokens)


def test_fim_streams_the_same_code(ask: Any) -> None:
    plain = ask(FIM, CODESTRAL, prompt="x = ").json()["choices"][0]["message"]["content"]
    events = ask(FIM, CODESTRAL, prompt="x = ", stream=True).text.strip().split("\n\n")

    assert events.pop() == "data: [DONE]"
    deltas = [json.loads(event.removeprefix("data: "))["choices"][0]["delta"] for event in events]
    assert "".join(delta["content"] for delta in deltas) == plain


@pytest.mark.parametrize(
    ("parameters", "reason", "tokens"),
    [
        ({"max_tokens": 4}, "length", 4),
        ({"min_tokens": 300, "max_tokens": 300}, "length", 300),
        ({"stop": ["\n"]}, "stop", None),
    ],
)
def test_fim_obeys_its_limits(ask: Any, parameters: dict[str, Any], reason: str, tokens: int | None) -> None:
    answer = ask(FIM, CODESTRAL, prompt="x = ", **parameters).json()

    assert answer["choices"][0]["finish_reason"] == reason
    if tokens is None:
        assert "\n" not in answer["choices"][0]["message"]["content"]
    else:
        assert answer["usage"]["completion_tokens"] == tokens


def test_fim_differs_by_its_seed(ask: Any) -> None:
    answers = [ask(FIM, CODESTRAL, prompt="x", random_seed=seed).json()["choices"][0] for seed in (1, 1, 2)]

    assert answers[0] == answers[1] != answers[2]


def test_fim_without_a_prompt_is_refused_as_pydantic_does(ask: Any) -> None:
    response = ask(FIM, CODESTRAL, suffix="x")

    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", "prompt"]


def test_fim_that_does_not_fit_into_the_context_is_refused(ask: Any) -> None:
    assert ask(FIM, CODESTRAL, prompt="x", max_tokens=262_144).status_code == 400


@pytest.mark.parametrize(("path", "deployment"), [(FIM, MINISTRAL), (FIM, OCR), ("/v1/ocr", MINISTRAL)])
def test_route_of_other_models_is_a_404(ask: Any, path: str, deployment: Any) -> None:
    response = ask(path, deployment, prompt="x")

    assert response.status_code == 404
    assert response.json()["message"].startswith("Modality not supported by the model.")


def test_codestral_chats_too(ask: Any) -> None:
    assert ask(deployment=CODESTRAL, messages=HELLO).status_code == 200


def test_document_is_read_page_by_page(ask: Any) -> None:
    answer = ask("/v1/ocr", OCR, document=DOCUMENT, pages=[0, 4], include_image_base64=True).json()

    assert [page["index"] for page in answer["pages"]] == [0, 4]
    assert all("synthetic page" in page["markdown"] for page in answer["pages"])
    assert answer["model"] == "mistral-ocr-2503"
    assert answer["usage_info"]["pages_processed"] == 2


def test_document_inside_the_request_has_a_size(ask: Any) -> None:
    url = f"data:application/pdf;base64,{base64.b64encode(b'12345').decode()}"
    answers = [
        ask("/v1/ocr", OCR, document={"type": "document_url", "document_url": url}),
        ask("/v1/ocr", OCR, document={"type": "image_url", "image_url": {"url": url}}),
    ]

    assert [answer.json()["usage_info"]["doc_size_bytes"] for answer in answers] == [5, 5]


def test_document_that_is_none_is_refused_as_pydantic_does(ask: Any) -> None:
    assert ask("/v1/ocr", OCR, document={"type": "file"}).json()["detail"][0]["loc"] == ["body", "document"]


def test_mistrals_own_client_fills_in_and_reads(url_of: Any) -> None:
    with Mistral(api_key="primary-key", server_url=url_of(CODESTRAL)) as codestral:
        filled_in = codestral.fim.complete(model="any", prompt="def f(", suffix="return x", max_tokens=20)
    with Mistral(api_key="primary-key", server_url=url_of(OCR)) as ocr:
        read = ocr.ocr.process(model="any", document=DocumentURLChunk(document_url="https://example.com/a.pdf"))

    assert filled_in.choices[0].finish_reason == "length"
    assert filled_in.usage.completion_tokens == 20
    assert [page.index for page in read.pages] == [0]


def test_info_of_a_model_for_documents_says_so(http: Any, url_of: Any) -> None:
    assert http.get(f"{url_of(OCR)}/info").json()["model_type"] == "ocr"
