"""Where a history lives: the schema and the version table, and the ledger's names beside it."""

from db.contract.value import Value


def quoted(identifier: str) -> str:
    """`identifier` as PostgreSQL reads it, whatever is in it."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """`text` as a string constant; standard_conforming_strings is on since 9.1."""
    return "'" + text.replace("'", "''") + "'"


class History(Value):
    """One history of revisions: several may share a schema, each with a version table of its own."""

    schema: str = "public"
    version_table: str = "alembic_version"

    def __str__(self) -> str:
        return f"{self.schema}.{self.version_table}"

    def fill(self, sql: str) -> str:
        """`sql` with {schema}, {version} (the qualified table) and {history} (a constant) filled in."""
        return (
            sql.replace("{schema}", quoted(self.schema))
            .replace("{schema_name}", literal(self.schema))
            .replace("{version}", f"{quoted(self.schema)}.{quoted(self.version_table)}")
            .replace("{history}", literal(self.version_table))
        )
