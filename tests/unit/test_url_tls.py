"""Which TLS a database URL asks for, and that asyncpg gets the context that libpq would make."""

import ssl
from pathlib import Path

import pytest

from db.contract.refusal import ExitCode, Refusal
from db.contract.url import DatabaseUrl
from tests.server.certificates import Authority, new_authority
from tests.unit.drivers import asyncpg_reads, libpq_reads, sqlalchemy_hands_on


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return new_authority(tmp_path_factory.mktemp("authority"))


def url_with(query: str) -> DatabaseUrl:
    return DatabaseUrl.parse(f"postgresql://u:p@h/d?{query}")


def context_of(url: DatabaseUrl) -> ssl.SSLContext:
    context = url.for_asyncpg()["ssl"]
    assert isinstance(context, ssl.SSLContext)
    return context


@pytest.mark.parametrize(
    ("mode", "checks_name"), [("require", False), ("verify-ca", False), ("verify-full", True)]
)
def test_an_authority_is_trusted_and_the_name_is_checked_by_verify_full(
    authority: Authority, mode: str, checks_name: bool
) -> None:
    """As in libpq: with an authority even `require` checks the chain."""
    url = url_with(f"sslmode={mode}&sslrootcert={authority.file}")
    context = context_of(url)
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, checks_name)
    assert len(context.get_ca_certs()) == 1
    assert libpq_reads(url) | {"sslmode": mode, "sslrootcert": str(authority.file)} == libpq_reads(url)


def test_the_systems_authorities_are_trusted_when_asked_for() -> None:
    """sslrootcert=system means verify-full, as in libpq."""
    url = url_with("sslrootcert=system")
    assert url.parameters["sslmode"] == "verify-full"
    assert context_of(url).check_hostname
    assert libpq_reads(url)["sslrootcert"] == "system"


def test_a_certificate_of_ones_own_is_loaded_with_its_key(authority: Authority) -> None:
    """A client's certificate, its encrypted key and the revocation list reach both drivers."""
    own = authority.issue("calcio", password="geheim")  # noqa: S106
    url = url_with(
        f"sslmode=require&sslcert={own.file}&sslkey={own.key}&sslpassword=geheim&sslcrl={authority.revoked}"
    )
    assert context_of(url).verify_flags & ssl.VERIFY_CRL_CHECK_CHAIN
    assert libpq_reads(url)["sslpassword"] == "geheim"
    assert sqlalchemy_hands_on(url) == url.for_psycopg2()


def test_the_protocols_bounds_are_kept() -> None:
    """ssl_min and ssl_max bound what asyncpg negotiates; without them TLS 1.2 is the floor, as in libpq."""
    context = context_of(url_with("sslmode=require&ssl_max_protocol_version=TLSv1.2"))
    assert context.minimum_version is context.maximum_version is ssl.TLSVersion.TLSv1_2
    context = context_of(url_with("sslmode=require&ssl_min_protocol_version=TLSv1.3"))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3


def test_asyncpg_takes_the_context_as_it_is(authority: Authority) -> None:
    """asyncpg neither replaces nor weakens it."""
    url = url_with(f"sslmode=verify-full&sslrootcert={authority.file}&sslnegotiation=direct")
    _, parameters, _ = asyncpg_reads(url)
    assert parameters.ssl.check_hostname
    assert parameters.ssl_negotiation == "direct"


def test_certificates_without_a_mode_are_taken_seriously(authority: Authority) -> None:
    """sslmode=prefer, the default, would go on in plain text; what the files call for is said instead."""
    url = url_with(f"sslrootcert={authority.file}")
    assert url.for_psycopg2()["sslmode"] == "require"
    assert "require" in url.warnings[0]


def test_without_tls_its_files_do_not_matter() -> None:
    """An overlay may switch TLS off without taking the rest of the URL apart."""
    url = url_with("sslmode=disable&sslrootcert=/nonexistent/ca")
    assert url.for_asyncpg()["ssl"] == "disable"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sslmode=verify-ca", "authority"),
        ("sslmode=verify-full", "authority"),
        ("sslmode=require&sslrootcert=system", "sslrootcert=system"),
        ("sslmode=verify-ca&sslrootcert=system", "sslrootcert=system"),
        ("sslmode=verify-full&sslrootcert=/nonexistent/kanarienvogel", "sslrootcert"),
        ("sslmode=verify-full&sslrootcert=/", "sslrootcert"),
        ("sslmode=require&sslcrl=/nonexistent/kanarienvogel", "sslcrl"),
        ("sslmode=require&sslcert=/nonexistent/kanarienvogel&sslkey=/nonexistent/kanarienvogel", "sslcert"),
        ("sslmode=require&sslcert=/nonexistent/kanarienvogel", "one of sslcert and sslkey"),
        ("sslmode=require&sslkey=/nonexistent/kanarienvogel", "one of sslcert and sslkey"),
        ("sslmode=prefer&sslrootcert=/nonexistent/kanarienvogel", "protects nothing"),
        ("sslmode=allow&ssl_min_protocol_version=TLSv1.3", "protects nothing"),
        ("sslnegotiation=direct", "sslnegotiation"),
        ("sslmode=disable&sslnegotiation=direct", "sslnegotiation"),
        (
            "sslmode=require&ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2",
            "above",
        ),
        ("passfile=/nonexistent/kanarienvogel", "passfile"),
    ],
)
def test_tls_that_does_not_hold_together_is_refused(query: str, said: str) -> None:
    """A missing file or authority is met at the start, not as plain text on the wire."""
    with pytest.raises(Refusal, match=said) as caught:
        url_with(query)
    assert caught.value.code is ExitCode.CONFIGURATION
    assert "kanarienvogel" not in str(caught.value)


@pytest.mark.parametrize("query", ["sslrootcert={junk}", "sslcrl={junk}", "sslcert={junk}&sslkey={junk}"])
def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path, query: str) -> None:
    """A Secret with the wrong content is a matter of configuration, not a crash."""
    junk = tmp_path / "kanarienvogel.pem"
    junk.write_text("no certificate")
    with pytest.raises(Refusal, match="cannot be used") as caught:
        url_with("sslmode=require&" + query.format(junk=junk)).for_asyncpg()
    assert "kanarienvogel" not in str(caught.value)


def test_an_encrypted_key_without_its_password_is_refused(authority: Authority) -> None:
    """OpenSSL would otherwise ask on a terminal that no pod has."""
    own = authority.issue("calcio", password="geheim")  # noqa: S106
    with pytest.raises(Refusal, match="cannot be used"):
        url_with(f"sslmode=require&sslcert={own.file}&sslkey={own.key}").for_asyncpg()


def test_a_password_file_reaches_both_drivers(tmp_path: Path) -> None:
    """Where no password is in the URL, both look into the same file."""
    file = tmp_path / "pgpass"
    file.write_text("h:5432:d:u:aus-der-datei\n")
    file.chmod(0o600)
    url = DatabaseUrl.parse(f"postgresql://u@h/d?passfile={file}")
    assert libpq_reads(url)["passfile"] == str(file)
    assert asyncpg_reads(url)[1].password == "aus-der-datei"  # noqa: S105
