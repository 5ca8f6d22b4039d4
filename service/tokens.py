"""Checks bearer JWTs against mounted keys: one fixed algorithm a key, our audience, our issuer, in time."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from db.contract.refusal import ExitCode, Refusal
from service.auth import Principal
from service.claims import made_once, principal_of
from service.errors import unauthenticated, unavailable

LEEWAY_S = 5
SECRET_BYTES_MIN = 32
# What a key is used with follows from the key, never from what a token says of itself.
ALGORITHM = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the one algorithm that it is used with."""

    key: Any
    algorithm: str


Keys = dict[str | None, Key]


class TokenVerifier:
    """Verifies tokens with the keys of a mounted file, which it reads again whenever the file has changed."""

    def __init__(self, keys: "MountedKeys", issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    def verify(self, token: str) -> Principal:
        try:
            return principal_of(self._claims(token))
        except jwt.ExpiredSignatureError as error:
            raise unauthenticated("the token has expired") from error
        except jwt.PyJWTError as error:
            raise unauthenticated("the token does not hold: signature, issuer, audience or claims") from error
        except (Refusal, OSError) as error:
            raise unavailable("the keys that tokens are checked with cannot be read now") from error

    def _claims(self, token: str) -> dict[str, Any]:
        key = self._keys.find(jwt.get_unverified_header(token).get("kid"))
        if key is None:
            raise unauthenticated("the token was signed with a key that this service does not have")
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=self._audience,
            issuer=self._issuer,
            leeway=LEEWAY_S,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        made_once(token)
        return claims


class MountedKeys:
    """Keys by their `kid`, from a file that its Secret may replace while we run."""

    def __init__(self, path: Path, parse: Callable[[bytes], Keys]) -> None:
        self._path = path
        self._parse = parse
        self._keys: Keys = {}
        self._changed_at_ns: int | None = None

    def find(self, kid: str | None) -> Key | None:
        """The key of that name, or the one that has none; a token may leave out the name of an only key."""
        keys = self.read()
        if kid is None and len(keys) == 1:
            return next(iter(keys.values()))
        return keys.get(kid) or keys.get(None)

    def read(self) -> Keys:
        changed_at_ns = self._path.stat().st_mtime_ns
        if changed_at_ns != self._changed_at_ns:
            self._keys = self._parse(self._path.read_bytes())
            self._changed_at_ns = changed_at_ns
        return self._keys


def secret(content: bytes) -> Keys:
    """A shared secret, for tokens signed with HS256."""
    key = content.strip()
    if len(key) < SECRET_BYTES_MIN:
        raise Refusal(
            ExitCode.CONFIGURATION,
            f"the secret that tokens are checked with has {len(key)} bytes, expected {SECRET_BYTES_MIN} or more",
            "Generate one: openssl rand -hex 32",
        )
    return {None: Key(key, "HS256")}


def jwks(content: bytes) -> Keys:
    """Public keys as a JSON Web Key Set."""
    try:
        published = jwt.PyJWKSet.from_json(content.decode())
    except (jwt.PyJWTError, ValueError) as error:
        raise Refusal(
            ExitCode.CONFIGURATION,
            "the file of CALCIO_AUTH_JWKS_FILE is not a JSON Web Key Set",
            "Mount the document that the issuer publishes as its jwks_uri",
        ) from error
    return {
        key.key_id: Key(key.key, ALGORITHM[key.key_type]) for key in published if key.key_type in ALGORITHM
    }


def verifier(
    jwks_file: Path | None, secret_file: Path | None, issuer: str | None, audience: str | None
) -> TokenVerifier | None:
    """The verifier that the settings ask for; None where they name no keys."""
    path = jwks_file or secret_file
    if path is None:
        return None
    if issuer is None or audience is None:
        raise Refusal(
            ExitCode.CONFIGURATION,
            "keys to check tokens with were given without whose tokens and for whom",
            "Set CALCIO_AUTH_ISSUER and CALCIO_AUTH_AUDIENCE as well",
        )
    keys = MountedKeys(path, jwks if jwks_file else secret)
    try:
        keys.read()
    except OSError as error:
        raise Refusal(
            ExitCode.CONFIGURATION,
            f"the keys that tokens are checked with could not be read from {path}",
            "Mount the Secret, or take the setting away",
        ) from error
    return TokenVerifier(keys, issuer, audience)
