"""Who may do what: reads may be public, writes never are."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from httpx import Client

from db.contract.url import DatabaseUrl
from service.api import resources
from service.auth import Auth, Role
from service.keys import verifier
from tests.database.api.conftest import client
from tests.database.api.evening import API, made, make_players, make_session
from tests.database.api.serving import served
from tests.database.api.tokens import AUDIENCE, ISSUER, token

OPERATIONS = [
    (method, re.sub(r"\{\w+:int\}", "1", route.path), operation.role)
    for route in resources
    for method, operation in route.operations.items()
]
assert OPERATIONS
WRITES = [(method, path) for method, path, _ in OPERATIONS if method != "GET"]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_no_write_is_public(anonymous: Client, method: str, path: str) -> None:
    """Public reads open nothing else: without a token each write is 401 and says what to send."""
    refused = anonymous.request(method, path, json={})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"), [(method, path) for method, path, role in OPERATIONS if role > Role.READER]
)
def test_a_reader_changes_nothing(reader: Client, method: str, path: str) -> None:
    """A token that only reads is 403 where more is needed."""
    refused = reader.request(method, path, json={})
    assert refused.status_code == 403
    assert "the token's role is reader" in refused.json()["detail"]


def test_only_an_admin_says_who_is_who(organiser: Client, admin: Client) -> None:
    """An organiser plans games; whose token is whose player is for an admin."""
    assert organiser.get(f"{API}/users").status_code == 403
    assert admin.get(f"{API}/users").status_code == 200


def test_a_player_answers_for_themselves_and_for_nobody_else(
    address: str, organiser: Client, admin: Client
) -> None:
    """A reader whose account is linked to a player says yes or no for that one."""
    own, other = make_players(organiser, 2)
    session_id = make_session(organiser)
    made(admin.post(f"{API}/users", json={"subject": "ana", "player_id": own}))
    with Client(base_url=address, headers={"Authorization": f"Bearer {token(sub='ana')}"}) as ana:
        assert ana.get(f"{API}/users/me").json()["account"]["player_id"] == own
        path = f"{API}/sessions/{session_id}/availability"
        assert ana.put(f"{path}/{own}", json={"answer": "yes"}).status_code == 200
        assert ana.put(f"{path}/{other}", json={"answer": "yes"}).status_code == 403


def test_nobody_is_me_without_a_token(anonymous: Client) -> None:
    """Public reads do not make an anonymous caller somebody."""
    assert anonymous.get(f"{API}/users/me").status_code == 401


@pytest.mark.parametrize("header", ["Bearer x.y.z", "Bearer", "Basic YTpi", "x"])
def test_a_token_that_does_not_hold_is_refused_even_where_reads_are_public(address: str, header: str) -> None:
    """Who says who they are is taken by their word."""
    with Client(base_url=address, headers={"Authorization": header}) as somebody:
        assert somebody.get(f"{API}/players").status_code == 401


@pytest.fixture(scope="module")
def unconfigured(api_url: DatabaseUrl) -> Iterator[Client]:
    """Somebody with a token, at a service that has no keys and whose reads are public."""
    with ExitStack() as stack:
        address = stack.enter_context(served(api_url, Auth(None, public_reads=True)))
        yield stack.enter_context(client(address, Role.ADMIN))


def test_without_keys_a_write_is_refused_with_what_to_mount(unconfigured: Client) -> None:
    """A service that cannot know anybody says so, and how it is told."""
    refused = unconfigured.post(f"{API}/players", json={"name": "Ana"})
    assert refused.status_code == 503
    assert "CALCIO_AUTH_JWKS_FILE" in refused.json()["detail"]
    assert refused.headers["Retry-After"]


def test_reads_are_private_unless_the_setting_says_otherwise(api_url: DatabaseUrl, secret_file: Path) -> None:
    """Without CALCIO_PUBLIC_READS a reader's token is needed for everything."""
    auth = Auth(verifier(None, secret_file, ISSUER, AUDIENCE))
    with served(api_url, auth) as address:
        with client(address, None) as anonymous:
            assert anonymous.get(f"{API}/players").status_code == 401
        with client(address, Role.READER) as reader:
            assert reader.get(f"{API}/players").status_code == 200
