"""The database URL as a value: parsed once, safe to print, rendered for each driver."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from db.contract.secret import Secret
from db.contract.url import drivers
from db.contract.url.hosts import Host, read_hosts
from db.contract.url.parameters import decide
from db.contract.url.text import BLANK, refusal, take_apart
from db.contract.url.tls import settle_mode


@dataclass(frozen=True, repr=False)
class DatabaseUrl:
    """One canonical libpq URL; make it with `parse` or `find_url`."""

    user: str | None
    password: Secret | None
    hosts: tuple[Host, ...]
    database: str
    parameters: Mapping[str, str] = field(default_factory=dict, hash=False)
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    key_password: Secret | None = None
    warnings: tuple[str, ...] = field(default=(), compare=False)
    source: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        stripped = text.strip(BLANK)
        warnings: tuple[str, ...] = (
            ("the blanks or the newline around the database URL are ignored",) if stripped != text else ()
        )
        if not stripped:
            raise refusal("the database URL is empty")
        parts = take_apart(stripped)
        if not parts.database:
            raise refusal("the database URL names no database")
        asked = {name: [v for n, v in parts.parameters if n == name] for name in ("host", "port")}
        decided = decide(pair for pair in parts.parameters if pair[0] not in asked)
        warnings += settle_mode(decided.parameters) + decided.warnings
        hosts = read_hosts(parts.hosts, asked["host"], asked["port"])
        return cls(
            parts.user,
            parts.password,
            hosts,
            parts.database,
            decided.parameters,
            decided.settings,
            decided.key_password,
            warnings,
        )

    def replace(
        self,
        *,
        database: str | None = None,
        user: str | None = None,
        password: str | None = None,
        parameters: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """Return a copy with these parts; parameters and server settings are laid over what is there."""
        decided = decide({**self.parameters, **(parameters or {})}.items())
        settle_mode(decided.parameters)
        return replace(
            self,
            database=database or self.database,
            user=user or self.user,
            password=Secret(password) if password is not None else self.password,
            parameters=decided.parameters,
            settings={**self.settings, **decided.settings, **(settings or {})},
            key_password=decided.key_password or self.key_password,
        )

    @property
    def address(self) -> str:
        """host:port/database, safe to print."""
        return ",".join(map(str, self.hosts)) + f"/{self.database}"

    @property
    def plus_in_password(self) -> bool:
        """Whether a refused password may have been encoded with '+' for a blank, which no driver undoes."""
        return self.password is not None and "+" in self.password.reveal()

    def for_psycopg2(self) -> dict[str, Any]:
        return drivers.for_psycopg2(self)

    def for_asyncpg(self) -> dict[str, Any]:
        return drivers.for_asyncpg(self)

    def for_sqlalchemy(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return drivers.for_sqlalchemy(self)

    def __str__(self) -> str:
        return f"postgresql://{self.address}"

    def __repr__(self) -> str:
        return f"DatabaseUrl({self.address!r})"
