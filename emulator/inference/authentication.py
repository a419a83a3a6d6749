"""Who may call an endpoint: inference keys and Entra tokens in request headers. Issuing either happens elsewhere."""

import hmac
from collections.abc import Callable

from starlette.datastructures import Headers

from emulator.inference.deployment import Deployment

TokenIsValid = Callable[[str, Deployment], bool]


def is_authenticated(headers: Headers, deployment: Deployment, token_is_valid: TokenIsValid) -> bool:
    """Return whether the request carries a credential that the endpoint's auth mode takes.

    A key comes as `Authorization: Bearer <key>` or in the `api-key` header (azure-ai-inference sends both),
    an Entra token as `Authorization: Bearer <token>` only.
    """
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        bearer = ""
    if deployment.auth_mode in {"Key", "KeyAndAAD"} and (
        _is_key(bearer, deployment) or _is_key(headers.get("api-key", ""), deployment)
    ):
        return True
    return deployment.auth_mode in {"AAD", "KeyAndAAD"} and bearer != "" and token_is_valid(bearer, deployment)


def _is_key(credential: str, deployment: Deployment) -> bool:
    # Both keys are compared in full, so that the time taken tells neither which key was nearer nor where it differs.
    matches = [hmac.compare_digest(credential.encode(), key.encode()) for key in deployment.keys or ()]
    return any(matches)
