"""The keys that tokens are checked with, from a mounted file; what is wrong with them is said at start."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from db.contract.refusal import ExitCode, Refusal
from service.auth import Principal

SECRET_BYTES_MIN = 32


class Key(msgspec.Struct, frozen=True):
    """A key and the one algorithm that it is used with."""

    key: Any
    algorithm: str


Keys = dict[str | None, Key]


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


class MountedVerifier:
    """Verifies tokens with mounted keys.

    PyJWT, with cryptography, takes a tenth of the start to import: what reads no key with it imports it later.
    """

    def __init__(self, keys: MountedKeys, issuer: str, audience: str) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience

    def verify(self, token: str) -> Principal:
        from service.tokens import verify

        return verify(token, self._keys, self._issuer, self._audience)


def jwks(content: bytes) -> Keys:
    """Public keys as a JSON Web Key Set, which must be read to know that it is one."""
    from service.tokens import published

    return published(content)


def verifier(
    jwks_file: Path | None, secret_file: Path | None, issuer: str | None, audience: str | None
) -> MountedVerifier | None:
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
    return MountedVerifier(keys, issuer, audience)
