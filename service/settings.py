"""What the service can be told through its environment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from db.contract.parsers import on_off, one_of, seconds, whole_number
from db.contract.settings import setting
from db.contract.shared_settings import SharedSettings


class ServiceSettings(SharedSettings):
    """Ports, the gate, the pool, and who may ask."""

    http_port: int = setting(whole_number(1, 65_535), 8080, "the port of the API")
    management_port: int = setting(
        whole_number(1, 65_535), 9090, "the port of probes, metrics and the schema's page"
    )
    schema_gate: Literal["compatible", "strict", "off"] = setting(
        one_of("compatible", "strict", "off"),
        "compatible",
        "which schemas take traffic; off is for emergencies",
    )
    gate_listen: bool = setting(
        on_off, True, "whether the gate listens for changes, on a connection of its own"
    )
    drain_s: float = setting(
        seconds(0, 600), 5.0, "how long it serves on after SIGTERM, while endpoint lists catch up"
    )
    pool_size: int = setting(whole_number(1, 1000), 10, "the most connections that requests share")
    public_reads: bool = setting(on_off, False, "whether reading needs no token; writing always does")
    auth_jwks_file: Path | None = setting(
        Path, None, "the public keys that tokens are checked with, as a JWKS"
    )
    auth_secret_file: Path | None = setting(
        Path, None, "the shared secret that tokens are checked with, instead"
    )
    auth_issuer: str | None = setting(str, None, "who must have issued a token (iss)")
    auth_audience: str | None = setting(str, None, "whom a token must be meant for (aud)")
    lockfile: Path = setting(
        Path,
        Path(__file__).parent.parent / "db" / "revisions.lock",
        "the lockfile of the image that the gate speaks for",
    )

    def contradictions(self) -> Iterator[str]:
        yield from super().contradictions()
        if self.http_port == self.management_port:
            yield f"CALCIO_HTTP_PORT and CALCIO_MANAGEMENT_PORT are both {self.http_port}, expected two ports"
        if self.auth_jwks_file and self.auth_secret_file:
            yield "CALCIO_AUTH_JWKS_FILE and CALCIO_AUTH_SECRET_FILE are both given, expected one"
