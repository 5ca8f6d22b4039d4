"""Checks bearer JWTs against mounted keys: one fixed algorithm a key, our audience, our issuer, in time."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import msgspec

from db.contract.refusal import ExitCode, Refusal
from service.auth import Principal, Role
from service.errors import unauthenticated
from service.users.models import Subject

LEEWAY_S = 5
SECRET_BYTES_MIN = 32
# What a key is used with follows from the key, never from what a token says of itself.
ALGORITHM = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key and the one algorithm that it is used with."""

    key: Any
    algorithm: str


class TokenVerifier:
    """Verifies tokens with the keys of a mounted file, which it reads again whenever the file has changed."""

    def __init__(self, keys: "SecretFile | JwksFile", issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    def verify(self, token: str) -> Principal:
        try:
            key = self._keys.find(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise unauthenticated("the token was signed with a key that this service does not have")
            claims = jwt.decode(
                token,
                key.key,
                algorithms=[key.algorithm],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise unauthenticated("the token has expired") from error
        except jwt.PyJWTError as error:
            raise unauthenticated("the token does not hold: signature, issuer, audience or claims") from error
        return principal_of(claims)


class SecretFile:
    """A shared secret, for tokens signed with HS256."""

    def __init__(self, path: Path) -> None:
        self._file = _File(path)
        self._key = self._read()

    def find(self, _kid: str | None) -> Key | None:
        if self._file.changed():
            self._key = self._read()
        return self._key

    def _read(self) -> Key:
        secret = self._file.read().strip()
        if len(secret) < SECRET_BYTES_MIN:
            raise Refusal(
                ExitCode.CONFIGURATION,
                f"the secret that tokens are checked with has {len(secret)} bytes, "
                f"expected {SECRET_BYTES_MIN} or more",
                "Generate one: openssl rand -hex 32",
            )
        return Key(secret, "HS256")


class JwksFile:
    """Public keys as a JSON Web Key Set, found by their `kid`; a set of one needs none."""

    def __init__(self, path: Path) -> None:
        self._file = _File(path)
        self._keys = self._read()

    def find(self, kid: str | None) -> Key | None:
        if self._file.changed():
            self._keys = self._read()
        if kid is None and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        return self._keys.get(kid)

    def _read(self) -> dict[str | None, Key]:
        try:
            jwks = jwt.PyJWKSet.from_json(self._file.read().decode())
        except (jwt.PyJWTError, ValueError) as error:
            raise Refusal(
                ExitCode.CONFIGURATION,
                "the file of CALCIO_AUTH_JWKS_FILE is not a JSON Web Key Set",
                "Mount the document that the issuer publishes as its jwks_uri",
            ) from error
        return {
            key.key_id: Key(key.key, ALGORITHM[key.key_type]) for key in jwks if key.key_type in ALGORITHM
        }


class _File:
    """A mounted file that its Secret may replace while we run."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at_ns = 0

    def changed(self) -> bool:
        return self._path.stat().st_mtime_ns != self._read_at_ns

    def read(self) -> bytes:
        try:
            self._read_at_ns = self._path.stat().st_mtime_ns
            return self._path.read_bytes()
        except OSError as error:
            raise Refusal(
                ExitCode.CONFIGURATION,
                f"the keys that tokens are checked with could not be read from {self._path}",
                "Mount the Secret, or take the setting away",
            ) from error


def verifier(
    jwks_file: Path | None, secret_file: Path | None, issuer: str | None, audience: str | None
) -> TokenVerifier | None:
    """The verifier that the settings ask for; None where they name no keys."""
    if jwks_file is None and secret_file is None:
        return None
    if issuer is None or audience is None:
        raise Refusal(
            ExitCode.CONFIGURATION,
            "keys to check tokens with were given without whose tokens and for whom",
            "Set CALCIO_AUTH_ISSUER and CALCIO_AUTH_AUDIENCE as well",
        )
    keys = JwksFile(jwks_file) if jwks_file is not None else SecretFile(secret_file or Path())
    return TokenVerifier(keys, issuer, audience)


class _Claims(msgspec.Struct):
    sub: Subject
    role: str | None = None
    roles: list[str] = []


def principal_of(claims: Mapping[str, Any]) -> Principal:
    """The subject with the highest role that `role` and `roles` name; who has none of ours may read."""
    try:
        claimed = msgspec.convert(claims, _Claims)
    except msgspec.ValidationError as error:
        raise unauthenticated("the token's sub, role or roles are not the texts they should be") from error
    known = {role.name.lower(): role for role in Role}
    named = (known[name] for name in (claimed.role, *claimed.roles) if name in known)
    return Principal(claimed.sub, max(named, default=Role.READER))
