"""What a URL says of TLS is what happens on the wire, through every driver."""

import shutil
import ssl
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from db.contract.refusal import Refusal
from db.contract.url import DatabaseUrl, Host
from db.contract.value import replace
from tests.database.ask import DRIVERS
from tests.server import embedded
from tests.server.account import server_account
from tests.server.certificates import Authority, new_authority

Ask = Callable[[DatabaseUrl, str], dict[str, Any]]

WIRE = "SELECT ssl, version, client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
REFUSED = (psycopg2.OperationalError, sa.exc.OperationalError, ssl.SSLCertVerificationError)

pytestmark = pytest.mark.parametrize("ask", DRIVERS, ids=lambda ask: ask.__name__)


@dataclass(frozen=True)
class Guarded:
    """A server with a certificate for 127.0.0.1, and the authority that issued it."""

    url: DatabaseUrl
    authority: Authority
    stranger: Authority


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    account = server_account()
    folder = embedded.make_folder(Path(tempfile.gettempdir()), account)
    try:
        (folder / "stranger").mkdir()
        authority, stranger = new_authority(folder), new_authority(folder / "stranger")
        own = authority.issue("db.example")
        account.give(folder)
        settings = {
            "ssl": "on",
            "ssl_cert_file": str(own.file),
            "ssl_key_file": str(own.key),
            "ssl_ca_file": str(authority.file),
        }
        with embedded.running(settings={**embedded.VOLATILE, **settings}) as server:
            yield Guarded(server.url, authority, stranger)
    except Refusal as refusal:
        if "not supported by this build" in refusal.message:
            pytest.skip("these server programs were built without TLS")
        raise
    finally:
        shutil.rmtree(folder)


def asked_for(guarded: Guarded, **parameters: object) -> DatabaseUrl:
    return guarded.url.replace(parameters={name: str(value) for name, value in parameters.items()})


@pytest.mark.parametrize("mode", ["allow", "prefer", "require", "verify-ca", "verify-full"])
def test_a_mode_encrypts_exactly_when_libpq_says_so(guarded: Guarded, ask: Ask, mode: str) -> None:
    """`allow` stays in plain text with a server that lets it; from `prefer` on the wire is encrypted."""
    authority = {"sslrootcert": guarded.authority.file} if mode.startswith("verify-") else {}
    assert ask(asked_for(guarded, sslmode=mode, **authority), WIRE)["ssl"] is (mode != "allow")


def test_disable_stays_in_plain_text(guarded: Guarded, ask: Ask) -> None:
    """Whatever else the URL says of TLS."""
    url = asked_for(guarded, sslmode="disable", sslrootcert="/nonexistent")
    assert ask(url, WIRE)["ssl"] is False


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
def test_a_strangers_certificate_is_refused(guarded: Guarded, ask: Ask, mode: str) -> None:
    """With an authority named, even `require` checks the chain; both authorities bear one name."""
    with pytest.raises(REFUSED, match=r"certificate verify failed|signature failure"):
        ask(asked_for(guarded, sslmode=mode, sslrootcert=guarded.stranger.file), WIRE)


def test_verify_full_checks_the_name_and_verify_ca_does_not(guarded: Guarded, ask: Ask) -> None:
    """The certificate is for 127.0.0.1, not for the name that leads there."""
    url = asked_for(guarded, sslmode="verify-ca", sslrootcert=guarded.authority.file)
    by_name = replace(url, hosts=(Host("localhost", url.hosts[0].port),))
    assert ask(by_name, WIRE)["ssl"] is True
    with pytest.raises(REFUSED, match=r"does not match host name|Hostname mismatch"):
        ask(by_name.replace(parameters={"sslmode": "verify-full"}), WIRE)


def test_the_clients_certificate_reaches_the_server(guarded: Guarded, ask: Ask) -> None:
    """With its key encrypted, under the password of the URL."""
    own = guarded.authority.issue("calcio", password="geheim @:/")  # noqa: S106
    url = asked_for(
        guarded,
        sslmode="verify-full",
        sslrootcert=guarded.authority.file,
        sslcrl=guarded.authority.revoked,
        sslcert=own.file,
        sslkey=own.key,
        sslpassword="geheim @:/",
    )
    assert ask(url, WIRE)["client_dn"] == "/CN=calcio"


@pytest.mark.parametrize("bound", ["ssl_min_protocol_version", "ssl_max_protocol_version"])
def test_the_bounds_of_the_protocol_hold_on_the_wire(guarded: Guarded, ask: Ask, bound: str) -> None:
    """The newest both know, unless the URL says otherwise."""
    expected = {"ssl_min_protocol_version": "TLSv1.3", "ssl_max_protocol_version": "TLSv1.2"}[bound]
    assert ask(asked_for(guarded, sslmode="require", **{bound: expected}), WIRE)["version"] == expected


def test_require_is_refused_by_a_server_without_tls(server_url: DatabaseUrl, ask: Ask) -> None:
    """A demand is not dropped because the server cannot meet it."""
    if ask(server_url, WIRE)["ssl"]:
        pytest.skip("this server has TLS")
    with pytest.raises((*REFUSED, ConnectionError), match=r"(?i)does not support SSL|rejected SSL upgrade"):
        ask(server_url.replace(parameters={"sslmode": "require"}), WIRE)
