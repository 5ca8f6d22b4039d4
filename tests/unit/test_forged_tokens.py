"""Tokens that no issuer makes, with or without its key: none of them holds, and none is a 500."""

import hmac
import json
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from service.auth import Role
from service.keys import verifier
from tests.database.api.tokens import AUDIENCE, ISSUER, SECRET
from tests.unit.test_tokens import jwks, of_secret, refused


def handmade(head: str, body: str, key: str = SECRET) -> str:
    """A token of this very text, signed with `key`."""
    signed = ".".join(urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in (head, body))
    signature = hmac.digest(key.encode(), signed.encode(), "sha256")
    return f"{signed}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


HEAD = '{"alg": "HS256"}'
BODY = json.dumps({"sub": "somebody", "iss": ISSUER, "aud": AUDIENCE, "exp": 2**33, "role": "reader"})


def test_a_claim_that_is_made_twice_is_none(tmp_path: Path) -> None:
    """Whoever signed it may have read the first, and we the last: the token does not hold."""
    made = of_secret(tmp_path)
    assert made.verify(handmade(HEAD, BODY)).role is Role.READER
    for twice in ('"role": "admin"', '"role": "reader"', '"exp": 8589934592', '"nested": {"a": 1, "a": 2}'):
        assert refused(made, handmade(HEAD, f"{BODY[:-1]}, {twice}}}"))


@pytest.mark.parametrize("kid", ["../../../../../dev/null", "/dev/null", "' OR '1'='1", "x\\u0000"])
def test_the_name_of_a_key_is_no_path(tmp_path: Path, kid: str) -> None:
    """What a token calls its key is looked up in the mounted set, and nowhere else."""
    made = verifier(jwks(tmp_path, one=ec.generate_private_key(ec.SECP256R1())), None, ISSUER, AUDIENCE)
    assert made
    for key in ("", "\0", SECRET):
        assert refused(made, handmade(f'{{"alg": "HS256", "kid": "{kid}"}}', BODY, key))


@pytest.mark.parametrize(
    "head",
    [
        '{"alg": ["HS256"]}',
        '{"alg": {}}',
        '{"alg": null}',
        '{"alg": "NoNe"}',
        '{"alg": "HS256", "kid": ["x"]}',
        '{"alg": "HS256", "crit": ["x"], "x": 1}',
        '{"alg": "HS256", "b64": false, "crit": ["b64"]}',
        '["HS256"]',
        "[" * 48_000,
        '{"alg": ' + "[" * 48_000,
        '{"alg": ' + "9" * 5_000 + "}",
    ],
    ids=lambda head: head[:30],
)
def test_a_head_that_no_issuer_writes_is_refused(tmp_path: Path, head: str) -> None:
    """Other types, extensions that nobody here understands, depth and digits without end: a 401 like any other."""
    assert refused(of_secret(tmp_path), handmade(head, BODY))


def test_a_body_that_no_issuer_writes_is_refused(tmp_path: Path) -> None:
    """Signed or not, what is no object of claims speaks for nobody."""
    for body in ("[]", '"x"', "null", "", "[" * 48_000, '{"sub": ' * 10_000, f"{BODY}{BODY}"):
        assert refused(of_secret(tmp_path), handmade(HEAD, body))
