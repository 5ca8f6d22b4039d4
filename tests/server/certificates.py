"""A certificate authority of the tests' own, and what it issues: for servers and for clients."""

import datetime
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

VALID = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Certificate:
    """Two files: a certificate and its key."""

    file: Path
    key: Path


@dataclass(frozen=True)
class Authority:
    """A self-signed authority in a folder: its certificate and its (empty) list of revoked ones."""

    folder: Path
    file: Path
    revoked: Path
    key: ec.EllipticCurvePrivateKey

    def issue(self, name: str, *, address: str = "127.0.0.1", password: str = "") -> Certificate:
        """Issue a certificate for a host or a role of that name."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = [x509.DNSName(name), x509.IPAddress(ip_address(address))]
        certificate = (
            started(name, key).add_extension(x509.SubjectAlternativeName(names), critical=False)
        ).sign(self.key, hashes.SHA256())
        issued = Certificate(self.folder / f"{name}.crt", self.folder / f"{name}.key")
        issued.file.write_bytes(certificate.public_bytes(Encoding.PEM))
        encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        issued.key.touch(mode=0o600)
        issued.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
        return issued


def new_authority(folder: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        started("authority", key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ).sign(key, hashes.SHA256())
    now = datetime.datetime.now(datetime.UTC)
    revoked = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now - VALID)
        .next_update(now + VALID)
        .sign(key, hashes.SHA256())
    )
    authority = Authority(folder, folder / "ca.crt", folder / "ca.crl", key)
    authority.file.write_bytes(certificate.public_bytes(Encoding.PEM))
    authority.revoked.write_bytes(revoked.public_bytes(Encoding.PEM))
    return authority


def started(name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(named(name))
        .issuer_name(named("authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID)
        .not_valid_after(now + VALID)
    )


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
