"""Makes the bearer tokens of the tests."""

import secrets
import time

import jwt

SECRET = secrets.token_hex(32)
ISSUER = "the tests"
AUDIENCE = "calcio"


def token(key: object = SECRET, algorithm: str = "HS256", **claims: object) -> str:
    """A token that holds, but for what `claims` say; a claim of None is left out."""
    held = {"sub": "somebody", "iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 600, **claims}
    given = {name: value for name, value in held.items() if value is not None}
    return jwt.encode(given, key, algorithm=algorithm)  # type: ignore[arg-type] # any key
