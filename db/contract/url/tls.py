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


def implied_mode(parameters: Mapping[str, str]) -> str | None:
    """The mode that the other parameters call for, where the URL names none: prefer would protect nothing."""
    if "sslmode" in parameters or not any(name in parameters for name in DETAILS):
        return None
    return "verify-full" if parameters.get("sslrootcert") == "system" else "require"


def check(parameters: Mapping[str, str]) -> None:
    """Refuse a mode, files and details that do not hold together."""
    mode = parameters.get("sslmode", "prefer")
    details = [name for name in DETAILS if name in parameters]
    system = parameters.get("sslrootcert") == "system"
    if parameters.get("sslnegotiation") == "direct" and mode not in STRONG:
        raise refusal("sslnegotiation=direct needs TLS", f"Expected sslmode={' or '.join(STRONG)}")
    if mode == "disable":
        return
    if details and mode not in STRONG:
        raise refusal(
            f"{details[0]} protects nothing under sslmode={mode}", f"Expected sslmode={' or '.join(STRONG)}"
        )
    if system and mode != "verify-full":
        raise refusal(f"sslrootcert=system does not go with sslmode={mode}", "Expected sslmode=verify-full")
    if mode.startswith("verify-") and "sslrootcert" not in parameters:
        raise refusal(f"sslmode={mode} has no authority to trust", "Name its file in sslrootcert, or system")
    check_details(parameters)


def check_details(parameters: Mapping[str, str]) -> None:
    if ("sslcert" in parameters) != ("sslkey" in parameters):
        raise refusal("the database URL gives one of sslcert and sslkey", "A client's certificate needs both")
    lowest, highest = (parameters.get(f"ssl_{end}_protocol_version") for end in ("min", "max"))
    if lowest and highest and lowest > highest:
        raise refusal(
            "ssl_min_protocol_version is above ssl_max_protocol_version", "Swap them, or leave one out"
        )
    for name in FILES:
        if name in parameters and (name, parameters[name]) != ("sslrootcert", "system"):
            check_file(name, parameters[name])


def check_file(name: str, path: str) -> None:
    # os.path answers False where pathlib would raise: a name too long, a folder that may not be entered.
    if not (os.path.isfile(path) and os.access(path, os.R_OK)):  # noqa: PTH113 - see above
        raise refusal(f"the file that {name} names is missing or unreadable", "Mount it, or correct the path")


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
            "Expected PEM files, the certificate's own key, and sslpassword where it is encrypted",
        ) from None


def context(parameters: Mapping[str, str], key_password: Secret | None) -> "SSLContext":
    import ssl

    authority = parameters.get("sslrootcert")
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    result.check_hostname = parameters["sslmode"] == "verify-full"
    result.verify_mode = ssl.CERT_REQUIRED if authority else ssl.CERT_NONE
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
