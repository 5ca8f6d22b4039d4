"""Checks bearer JWTs against mounted keys: one fixed algorithm a key, our audience, our issuer, in time."""

from typing import Any

import jwt

from db.contract.refusal import ExitCode, Refusal
from service.auth import Principal
from service.claims import made_once, principal_of
from service.errors import unauthenticated, unavailable
from service.keys import Key, Keys, MountedKeys

LEEWAY_S = 5
# What a key is used with follows from the key, never from what a token says of itself.
ALGORITHM = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}


def verify(token: str, keys: MountedKeys, issuer: str, audience: str) -> Principal:
    """Whom the token speaks for; raises Problem where it does not hold."""
    try:
        return principal_of(_claims(token, keys, issuer, audience))
    except jwt.ExpiredSignatureError as error:
        raise unauthenticated("the token has expired") from error
    except jwt.PyJWTError as error:
        raise unauthenticated("the token does not hold: signature, issuer, audience or claims") from error
    except (Refusal, OSError) as error:
        raise unavailable("the keys that tokens are checked with cannot be read now") from error


def _claims(token: str, keys: MountedKeys, issuer: str, audience: str) -> dict[str, Any]:
    key = keys.find(jwt.get_unverified_header(token).get("kid"))
    if key is None:
        raise unauthenticated("the token was signed with a key that this service does not have")
    claims: dict[str, Any] = jwt.decode(
        token,
        key.key,
        algorithms=[key.algorithm],
        audience=audience,
        issuer=issuer,
        leeway=LEEWAY_S,
        options={"require": ["exp", "iss", "aud", "sub"]},
    )
    made_once(token)
    return claims


def published(content: bytes) -> Keys:
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
