"""Which values a URL's parameters may have, and what is done with those that only one driver understands."""

import pytest

from db.contract.refusal import ExitCode, Refusal
from db.contract.url import DatabaseUrl


def url_with(query: str) -> DatabaseUrl:
    return DatabaseUrl.parse(f"postgresql://u:p@h/d?{query}")


@pytest.mark.parametrize(
    "query",
    [
        "sslmode=bogus",
        "sslmode=",
        "sslmode=Require",
        "sslnegotiation=tls",
        "connect_timeout=soon",
        "connect_timeout=-1",
        "connect_timeout=5.5",
        "connect_timeout=٥",  # noqa: RUF001
        "command_timeout=0",
        "command_timeout=nan",
        "keepalives=yes",
        "keepalives_count=many",
        "target_session_attrs=writable",
        "load_balance_hosts=yes",
        "ssl_min_protocol_version=TLSv1&sslmode=require",
        "statement_cache_size=all",
        "options=-c",
        "options=-c%20jit",
        "options=-B%204",
        "options=jit%3Doff",
        "options=-c+jit%3Doff",
        "options=-c%20%3Doff",
    ],
)
def test_a_value_that_its_parameter_cannot_have_is_refused(query: str) -> None:
    """Before anything connects, and for every driver alike."""
    with pytest.raises(Refusal, match=query.partition("=")[0]) as caught:
        url_with(query)
    assert caught.value.code is ExitCode.CONFIGURATION
    assert "Expected" in caught.value.remedy


@pytest.mark.parametrize(
    ("name", "lowest", "highest", "beyond"),
    [
        ("connect_timeout", "0", "2147483", "2147484"),
        ("keepalives_idle", "0", "2147483", "2147484"),
        ("keepalives_count", "0", "127", "128"),
        ("tcp_user_timeout", "0", "2147483647", "2147483648"),
        ("statement_cache_size", "0", "100000", "100001"),
        ("command_timeout", "0.001", "86400", "86401"),
    ],
)
def test_a_number_has_bounds_that_every_driver_can_count_to(
    name: str, lowest: str, highest: str, beyond: str
) -> None:
    """Both bounds are taken; one more would overflow in a driver or in the kernel."""
    assert url_with(f"{name}={lowest}").parameters[name] == lowest
    assert url_with(f"{name}={highest}").parameters[name] == highest
    with pytest.raises(Refusal, match=name):
        url_with(f"{name}={beyond}")


@pytest.mark.parametrize("query", ["channel_binding=require", "gssencmode=require", "require_auth=md5"])
def test_a_demand_that_asyncpg_cannot_meet_is_refused_to_it_alone(query: str) -> None:
    """Security that was asked for is never left out in silence; psycopg2 keeps it."""
    name, _, value = query.partition("=")
    url = url_with(query)
    assert url.for_psycopg2()[name] == value
    with pytest.raises(Refusal, match=name) as caught:
        url.for_asyncpg()
    assert caught.value.code is ExitCode.CONFIGURATION


@pytest.mark.parametrize("name", ["gssencmode=prefer", "channel_binding=prefer", "load_balance_hosts=random"])
def test_what_asyncpg_does_without_is_warned_of(name: str) -> None:
    """A parameter that one driver leaves out is named in the warnings."""
    assert url_with(name).warnings[0].startswith(name.partition("=")[0])


def test_an_encoding_of_another_age_is_left_out_with_a_warning() -> None:
    """Both drivers speak UTF-8 by themselves."""
    assert url_with("client_encoding=utf-8").warnings == ()
    assert url_with("client_encoding=LATIN1").warnings
