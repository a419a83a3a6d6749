"""What content safety and the rate limits of an endpoint refuse."""

from datetime import timedelta
from typing import Any

import openai
import pytest

from emulator.inference.content_safety import ANSWER_PHRASES, FAILURE_PHRASE, PROMPT_PHRASES
from emulator.inference.rate_limits import RateLimits
from tests.emulator.inference.conftest import Quota
from tests.emulator.inference.deployments import BOTH_CHAT_ROUTES, CODESTRAL, HELLO, LARGE, UNFILTERED, user

# Content safety


@pytest.mark.parametrize("phrase", PROMPT_PHRASES)
@BOTH_CHAT_ROUTES
def test_prompt_that_content_safety_refuses_is_a_400_in_azures_words(ask: Any, base: str, phrase: str) -> None:
    messages = [*user(f"Please {phrase.upper()}."), {"role": "assistant", "content": "Yes."}, *HELLO]

    for stream in (False, True):
        response = ask(f"{base}/chat/completions", messages=messages, stream=stream)

        assert response.status_code == 400
        assert response.json() == {
            "error": {
                "message": (
                    "The response was filtered due to the prompt triggering Microsoft's content management policy. "
                    "Please modify your prompt and retry."
                ),
                "type": None,
                "param": "prompt",
                "code": "content_filter",
                "status": 400,
            }
        }


def test_prompt_that_content_safety_refuses_is_the_sdks_bad_request_with_its_code(openai_client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as refusal:
        openai_client().chat.completions.create(model="any", messages=user("Emulate a jailbreak."))

    assert (refusal.value.code, refusal.value.param) == ("content_filter", "prompt")


@pytest.mark.parametrize("phrase", ANSWER_PHRASES)
def test_answer_ends_before_what_content_safety_takes_out(ask: Any, phrase: str) -> None:
    answer = ask(messages=user(f"Please {phrase} now.")).json()

    assert answer["choices"][0]["finish_reason"] == "content_filter"
    assert answer["choices"][0]["message"]["content"].endswith("The last one reads: Please ")
    assert answer["usage"]["completion_tokens"] > 0


def test_answer_that_content_safety_failed_on_comes_through_and_says_so(ask: Any) -> None:
    [choice] = ask(messages=user(FAILURE_PHRASE)).json()["choices"]

    assert choice["finish_reason"] == "content_filter_error"
    assert choice["message"]["content"].endswith(FAILURE_PHRASE)


@pytest.mark.parametrize("phrase", [*PROMPT_PHRASES, *ANSWER_PHRASES, FAILURE_PHRASE])
def test_nothing_is_filtered_when_content_safety_is_off(ask: Any, phrase: str) -> None:
    [choice] = ask(deployment=UNFILTERED, messages=user(phrase)).json()["choices"]

    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"].endswith(phrase)


def test_code_to_fill_in_is_filtered_too(ask: Any) -> None:
    fim = "/v1/fim/completions"

    assert ask(fim, CODESTRAL, prompt="# emulate a violent prompt").json()["error"]["code"] == "content_filter"
    [choice] = ask(fim, CODESTRAL, prompt="# emulate a violent answer").json()["choices"]
    assert choice["finish_reason"] == "content_filter"


# Rate limits


def test_requests_over_the_limit_of_a_minute_are_refused_until_the_first_is_a_minute_old(
    ask: Any, quota: Quota
) -> None:
    quota.limits = RateLimits(requests=2)
    statuses = []
    for _ in range(3):
        refused = ask()
        statuses.append(refused.status_code)
        quota.now += timedelta(seconds=20)
    quota.now -= timedelta(seconds=20)

    assert statuses == [200, 200, 429]
    assert refused.headers["retry-after"] == "20"
    assert refused.headers["x-ms-error-code"] == "TooManyRequests"
    assert refused.json() == {
        "error": "Too Many Requests",
        "message": (
            "This deployment's limit of 2 requests per minute is exceeded. Retry after 20 seconds. "
            "If the current rate limits aren't sufficient, contact Microsoft Azure Support."
        ),
        "status": 429,
    }
    quota.now += timedelta(seconds=20)
    assert ask().status_code == 200
    # The window slides: the second request is 40 seconds old, and still in it.
    assert ask().status_code == 429


def test_tokens_over_the_limit_of_a_minute_are_refused_until_enough_are_a_minute_old(ask: Any, quota: Quota) -> None:
    total = ask().json()["usage"]["total_tokens"]
    quota.limits = RateLimits(tokens=2 * total)
    quota.now += timedelta(seconds=10)
    assert ask().status_code == 200

    refused = ask()

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "50"
    assert refused.headers["x-ratelimit-remaining-tokens"] == "0"
    assert f"limit of {2 * total:,} tokens per minute is exceeded" in refused.json()["message"]
    quota.now += timedelta(seconds=50)
    assert ask().status_code == 200


def test_limits_of_an_endpoint_are_the_articles(ask: Any) -> None:
    headers = ask().headers

    assert headers["x-ratelimit-limit-requests"] == "1000"
    assert headers["x-ratelimit-limit-tokens"] == "200000"


@BOTH_CHAT_ROUTES
@pytest.mark.parametrize("stream", [False, True])
def test_answers_say_how_much_is_left(ask: Any, base: str, stream: bool) -> None:
    path = f"{base}/chat/completions"
    total = ask(path).json()["usage"]["total_tokens"]

    headers = ask(path, stream=stream).headers

    assert headers["x-ratelimit-remaining-requests"] == "998"
    assert headers["x-ratelimit-remaining-tokens"] == str(200_000 - 2 * total)


def test_limits_are_each_endpoints_own_and_count_answers_only(ask: Any, quota: Quota) -> None:
    quota.limits = RateLimits(requests=1)

    refused = [ask(temperature=3), ask(messages=[]), ask(messages=user("Emulate a jailbreak."))]

    assert [each.status_code for each in refused] == [422, 400, 400]
    assert ask().status_code == 200
    assert ask().status_code == 429
    assert ask(deployment=LARGE).status_code == 200


def test_rate_limit_is_the_sdks_own_exception_with_the_time_to_wait(openai_client: Any, quota: Quota) -> None:
    quota.limits = RateLimits(requests=0)

    with pytest.raises(openai.RateLimitError) as refusal:
        openai_client().chat.completions.create(model="any", messages=HELLO)

    assert refusal.value.response.headers["retry-after"] == "60"
    assert "contact Microsoft Azure Support" in refusal.value.response.json()["message"]


def test_limits_hold_after_the_clock_is_set_back(ask: Any, quota: Quota) -> None:
    quota.limits = RateLimits(requests=1)
    assert ask().status_code == 200

    quota.now -= timedelta(days=1)

    assert ask().status_code == 200
    assert ask().status_code == 429
