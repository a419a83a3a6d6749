"""Access tokens: signed here, verified here. The key pair is kept in the store and survives a reset."""

import hmac
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from emulator.store import Principal, Store

LIFETIME = timedelta(seconds=3599)

_KNOWN_TOKENS = 1024
"""Tokens whose signature is not looked at again: that would be a third of the work for a request."""


class TokenError(Exception):
    """A token that is not accepted: `reason` is invalid, audience or expired."""

    def __init__(self, reason: str, *, audience: str = "", expired: datetime | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.audience = audience
        self.now = datetime.now(UTC)
        self.expired = expired or self.now


class Tokens:
    """Signs and verifies the tokens of one tenant. Real time counts, whatever the emulator's clock says."""

    def __init__(self, store: Store, tenant: str) -> None:
        self.tenant = tenant
        text = store.setting("kept.tokenKey")
        if text is None:
            key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            text = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ).decode()
            store.set_setting("kept.tokenKey", text)
        loaded = serialization.load_pem_private_key(text.encode(), password=None)
        if not isinstance(loaded, rsa.RSAPrivateKey):
            raise TypeError("The token key in the emulator's state is no RSA key. Delete the state directory.")
        self._key = loaded
        self._key_id = uuid.uuid5(uuid.NAMESPACE_OID, text).hex
        self._signed_claims = lru_cache(_KNOWN_TOKENS)(self._read_claims)

    def sign(self, principal: Principal, audience: str, issuer: str, lifetime: timedelta = LIFETIME) -> str:
        """A token for a service principal, with the claims that Microsoft Entra ID puts into one."""
        now = datetime.now(UTC)
        claims = {
            "aud": audience,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "appid": principal.client_id,
            "appidacr": "1",
            "idtyp": "app",
            "oid": principal.id,
            "sub": principal.id,
            "tid": self.tenant,
            "uti": uuid.uuid4().hex,
            "ver": "1.0",
        }
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._key_id})

    def verified(self, token: str, audiences: Sequence[str]) -> Mapping[str, Any]:
        """The claims of a token that we signed, for one of these audiences and still valid.

        Raises:
            TokenError: it is not.
        """
        claims = self._signed_claims(token)
        if claims["tid"] != self.tenant:
            raise TokenError("invalid")
        if claims["aud"] not in audiences:
            raise TokenError("audience", audience=str(claims["aud"]))
        expired = datetime.fromtimestamp(claims["exp"], UTC)
        if expired <= datetime.now(UTC):
            raise TokenError("expired", expired=expired)
        return claims

    def _read_claims(self, token: str) -> Mapping[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["RS256"],
                options={"verify_aud": False, "verify_exp": False, "require": ["aud", "exp", "oid", "tid"]},
            )
        except jwt.InvalidTokenError:
            raise TokenError("invalid") from None
        return MappingProxyType(claims)

    def key_set(self) -> dict[str, Any]:
        """The public keys, as a JSON Web Key Set."""
        algorithm = jwt.algorithms.RSAAlgorithm
        public: dict[str, Any] = json.loads(algorithm.to_jwk(self._key.public_key()))
        return {"keys": [public | {"kid": self._key_id, "use": "sig", "alg": "RS256"}]}


def secret_matches(principal: Principal, secret: str) -> bool:
    """Whether this is the principal's client secret."""
    return principal.secret is not None and hmac.compare_digest(principal.secret.encode(), secret.encode())
