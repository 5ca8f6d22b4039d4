"""Which TLS a database URL asks for: whether it holds together, and the same for asyncpg."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from db.contract.secret import Secret
from db.contract.url.text import refusal

if TYPE_CHECKING:
    from ssl import SSLContext

FILES = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
DETAILS = (*FILES, "ssl_min_protocol_version", "ssl_max_protocol_version")
STRONG = ("require", "verify-ca", "verify-full")


def settle_mode(parameters: dict[str, str]) -> tuple[str, ...]:
    """Check that mode, files and details hold together; name the mode they imply where none is given."""
    details = [name for name in DETAILS if name in parameters]
    system = parameters.get("sslrootcert") == "system"
    implied = "verify-full" if system else "require"
    warnings: tuple[str, ...] = ()
    if details and "sslmode" not in parameters:
        parameters["sslmode"] = implied
        warnings = (f"sslmode is not given beside {details[0]}: taken as {implied}",)
    mode = parameters.get("sslmode", "prefer")
    if details and mode in ("allow", "prefer"):
        raise refusal(
            f"{details[0]} protects nothing under sslmode={mode}", f"Expected sslmode={', '.join(STRONG)}"
        )
    if system and mode not in ("disable", "verify-full"):
        raise refusal(f"sslrootcert=system does not go with sslmode={mode}", "Expected sslmode=verify-full")
    if mode.startswith("verify-") and "sslrootcert" not in parameters:
        raise refusal(
            f"sslmode={mode} has no certificate authority",
            "Name its file in sslrootcert, or system",
        )
    if parameters.get("sslnegotiation") == "direct" and mode not in STRONG:
        raise refusal("sslnegotiation=direct needs TLS", f"Expected sslmode={', '.join(STRONG)}")
    if mode != "disable":
        check_details(parameters)
    return warnings


def check_details(parameters: Mapping[str, str]) -> None:
    if ("sslcert" in parameters) != ("sslkey" in parameters):
        raise refusal("the database URL gives one of sslcert and sslkey", "A client's certificate needs both")
    lowest, highest = (parameters.get(f"ssl_{end}_protocol_version") for end in ("min", "max"))
    if lowest and highest and lowest > highest:
        raise refusal(
            "ssl_min_protocol_version is above ssl_max_protocol_version", "Swap them, or leave one out"
        )
    for name in (*FILES, "passfile"):
        path = parameters.get(name)
        if path is None or (name, path) == ("sslrootcert", "system"):
            continue
        if not (os.path.isfile(path) and os.access(path, os.R_OK)):  # noqa: PTH113 - importing pathlib costs the fast path
            raise refusal(
                f"the file that {name} names is missing or unreadable", "Mount it, or correct the path"
            )


def for_asyncpg(parameters: Mapping[str, str], key_password: Secret | None) -> "SSLContext | str | None":
    """A mode's name where asyncpg needs no more; a context where files or protocol versions are given."""
    mode = parameters.get("sslmode")
    if mode == "disable" or not any(name in parameters for name in DETAILS):
        return mode
    try:
        return context(parameters, key_password)
    except OSError:
        raise refusal(
            "the files that sslrootcert, sslcert, sslkey or sslcrl name cannot be used",
            "Expected PEM files, the key belonging to the certificate, sslpassword where the key is encrypted",
        ) from None


def context(parameters: Mapping[str, str], key_password: Secret | None) -> "SSLContext":
    import ssl

    result = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    result.check_hostname = parameters["sslmode"] == "verify-full"
    result.verify_mode = ssl.CERT_REQUIRED if "sslrootcert" in parameters else ssl.CERT_NONE
    authority = parameters.get("sslrootcert")
    if authority == "system":
        result.load_default_certs()
    elif authority:
        result.load_verify_locations(cafile=authority)
    if "sslcrl" in parameters:
        result.load_verify_locations(cafile=parameters["sslcrl"])
        result.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
    if "sslcert" in parameters:
        # Without a password to return, OpenSSL would ask for one on the terminal.
        password = key_password.reveal() if key_password else ""
        result.load_cert_chain(parameters["sslcert"], parameters["sslkey"], lambda: password)
    lowest, highest = (parameters.get(f"ssl_{end}_protocol_version") for end in ("min", "max"))
    result.minimum_version = ssl.TLSVersion[(lowest or "TLSv1.2").replace(".", "_")]
    if highest:
        result.maximum_version = ssl.TLSVersion[highest.replace(".", "_")]
    result.set_alpn_protocols(["postgresql"])
    return result
