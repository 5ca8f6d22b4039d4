"""Which bearer tokens hold, and what they let their bearer do."""

import hmac
import json
import time
from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from db.contract.refusal import ExitCode, Refusal
from service.auth import Role
from service.errors import Kind, Problem
from service.keys import MountedVerifier, verifier
from tests.database.api.tokens import AUDIENCE, ISSUER, SECRET, token


def of_secret(folder: Path) -> MountedVerifier:
    file = folder / "secret"
    file.write_text(SECRET + "\n")
    made = verifier(None, file, ISSUER, AUDIENCE)
    assert made
    return made


def refused(made: MountedVerifier, offered: str) -> str:
    with pytest.raises(Problem) as problem:
        made.verify(offered)
    assert problem.value.kind is Kind.UNAUTHENTICATED
    assert problem.value.headers == {"WWW-Authenticate": "Bearer"}
    return problem.value.detail


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({}, Role.READER),
        ({"role": "organiser"}, Role.ORGANISER),
        ({"roles": ["organiser", "admin", "cook"]}, Role.ADMIN),
        ({"role": "superuser"}, Role.READER),
    ],
)
def test_the_highest_known_role_counts(tmp_path: Path, claims: dict[str, Any], role: Role) -> None:
    """One claim or a list; a role that is not ours is no role."""
    principal = of_secret(tmp_path).verify(token(**claims))
    assert (principal.subject, principal.role) == ("somebody", role)


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": None},
        {"nbf": 2**40},  # however long the tests have been running
        {"iss": "somebody else"},
        {"iss": None},
        {"aud": "another service"},
        {"aud": None},
        {"sub": None},
        {"sub": "a\x00b"},
        {"role": 3},
        {"roles": "admin"},
        {"sub": "half a character \ud800"},
        {"exp": str(2**40)},
        {"exp": 253_402_300_800},  # the year 10000
        {"exp": 10**400},
        {"exp": float("inf")},
        {"exp": float("nan")},
        {"nbf": "1"},
        {"nbf": -1},
        {"iat": float("inf")},
    ],
    ids=lambda claims: ascii(claims)[:40],
)
def test_a_token_with_a_wrong_claim_does_not_hold(tmp_path: Path, claims: dict[str, Any]) -> None:
    """Time, issuer, audience and subject are all there and all right, or nothing is."""
    assert refused(of_secret(tmp_path), token(**claims))


def test_a_token_does_not_choose_its_algorithm(tmp_path: Path) -> None:
    """Neither none nor another hash of the same secret is taken."""
    made = of_secret(tmp_path)
    assert refused(made, token(algorithm="HS512"))
    assert refused(made, token(key=None, algorithm="none"))


def test_what_is_no_token_is_refused_without_a_word_of_it(tmp_path: Path) -> None:
    """The answer repeats nothing of what was sent."""
    assert "hunter2" not in refused(of_secret(tmp_path), "hunter2")


def jwks(folder: Path, **keys: Any) -> Path:
    """A key set with these private keys' public halves, by kid."""
    published = []
    for kid, key in keys.items():
        algorithm: Any = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
        published.append({**algorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid})
    file = folder / "jwks.json"
    file.write_text(json.dumps({"keys": published}))
    return file


def signed(key: Any, algorithm: str, kid: str) -> str:
    claims = {"sub": "somebody", "iss": ISSUER, "aud": AUDIENCE, "exp": time.time() + 60}
    return jwt.encode(claims, key, algorithm, headers={"kid": kid})


def forged(public: rsa.RSAPublicKey, kid: str) -> str:
    """A token signed with what everybody may know; PyJWT would not make it, an attacker does."""
    key = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head, body, _ = signed(SECRET, "HS256", kid).split(".")
    signature = hmac.digest(key, f"{head}.{body}".encode(), "sha256")
    return f"{head}.{body}.{urlsafe_b64encode(signature).decode().rstrip('=')}"


def test_each_key_of_a_set_is_used_with_its_own_algorithm(tmp_path: Path) -> None:
    """RSA with RS256, elliptic curves with ES256; a public key is never taken for a shared secret."""
    one, other = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    made = verifier(jwks(tmp_path, one=one, other=other), None, ISSUER, AUDIENCE)
    assert made
    assert made.verify(signed(one, "RS256", "one")).subject == "somebody"
    assert made.verify(signed(other, "ES256", "other")).subject == "somebody"
    assert refused(made, signed(one, "RS512", "one"))
    assert refused(made, signed(one, "RS256", "other"))
    assert refused(made, forged(one.public_key(), "one"))


def test_a_key_that_was_rotated_is_found_without_a_restart(tmp_path: Path) -> None:
    """The mounted file changes under us; the next token is checked with what it says now."""
    old, new = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    made = verifier(jwks(tmp_path, old=old), None, ISSUER, AUDIENCE)
    assert made
    assert refused(made, signed(new, "ES256", "new"))
    jwks(tmp_path, new=new)
    assert made.verify(signed(new, "ES256", "new")).subject == "somebody"
    assert refused(made, signed(old, "ES256", "old"))


def test_keys_that_are_broken_while_we_run_let_nobody_in(tmp_path: Path) -> None:
    """Until the file can be read again the answer is 503, and with the next good one it is over."""
    made = of_secret(tmp_path)
    for broken in ("short", None):
        (tmp_path / "secret").write_text(broken) if broken else (tmp_path / "secret").unlink()
        with pytest.raises(Problem) as problem:
            made.verify(token())
        assert problem.value.kind is Kind.UNAVAILABLE
    (tmp_path / "secret").write_text(SECRET)
    assert made.verify(token()).subject == "somebody"


def settings(folder: Path, **changed: Any) -> dict[str, Any]:
    file = folder / "key"
    file.write_text("x" * 64)
    return {"jwks_file": None, "secret_file": file, "issuer": ISSUER, "audience": AUDIENCE, **changed}


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": None},
        {"audience": None},
        {"secret_file": Path("nowhere")},
        {"jwks_file": Path("nowhere")},
        {"secret_file": Path("/dev/null")},
        {"jwks_file": Path("/dev/null")},
    ],
    ids=str,
)
def test_keys_that_can_not_check_are_refused_at_the_start(tmp_path: Path, changed: dict[str, Any]) -> None:
    """A service that would take any token, or none, does not start."""
    with pytest.raises(Refusal) as refusal:
        verifier(**settings(tmp_path, **changed))
    assert refusal.value.code is ExitCode.CONFIGURATION
    assert refusal.value.remedy


def test_without_keys_there_is_no_verifier(tmp_path: Path) -> None:
    """Nothing configured is a state of its own; the API then says so to who writes."""
    assert verifier(**settings(tmp_path, secret_file=None)) is None
