"""The emulator's certificate authority and server certificate, made once in its state directory.

Clients verify TLS as they do with Azure. They are given a bundle that holds this authority beside the roots that were
in force before, so that one process can speak to the emulator and to the internet.
"""

import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFETIME = timedelta(days=3650)
# Apple's TLS stack, which Go uses on macOS, refuses server certificates that are valid for more than 825 days.
SERVER_LIFETIME = timedelta(days=397)
RENEW_BEFORE = timedelta(days=30)

_BEGIN = b"-----BEGIN CERTIFICATE-----"


@dataclass(frozen=True, slots=True)
class Certificates:
    """Where the files are. `bundle` is what clients are to trust."""

    authority: Path
    certificate: Path
    private_key: Path
    bundle: Path


def ensure_certificates(directory: Path, now: datetime | None = None) -> Certificates:
    """Make what is missing or about to expire, and write the bundle anew. Only the owner can read private keys."""
    now = now or datetime.now(UTC)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority_path, authority_key_path = directory / "ca.pem", directory / "ca.key"
    files = Certificates(authority_path, directory / "server.pem", directory / "server.key", directory / "bundle.pem")
    if _expires_soon(authority_path, authority_key_path, now):
        key = ec.generate_private_key(ec.SECP256R1())
        _write_private_key(authority_key_path, key)
        authority_path.write_bytes(_authority(key, now).public_bytes(serialization.Encoding.PEM))
        files.certificate.unlink(missing_ok=True)
    if _expires_soon(files.certificate, files.private_key, now):
        authority = x509.load_pem_x509_certificate(authority_path.read_bytes())
        authority_key = serialization.load_pem_private_key(authority_key_path.read_bytes(), password=None)
        if not isinstance(authority_key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{authority_key_path}: no elliptic curve key. Delete the file; it is made again.")
        key = ec.generate_private_key(ec.SECP256R1())
        _write_private_key(files.private_key, key)
        certificate = _server(key, authority, authority_key, now)
        files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.bundle.write_bytes(authority_path.read_bytes() + _roots_in_force(files.bundle))
    return files


def _expires_soon(certificate: Path, key: Path, now: datetime) -> bool:
    if not (certificate.exists() and key.exists()):
        return True
    return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc < now + RENEW_BEFORE


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "azure-mistral emulator certificate authority")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    names = [
        x509.DNSName("localhost"),
        x509.IPAddress(ip_address("127.0.0.1")),
        x509.IPAddress(ip_address("::1")),
    ]
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + SERVER_LIFETIME)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _write_private_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(text)


def _roots_in_force(own_bundle: Path) -> bytes:
    """The roots that OpenSSL would use here; certifi's where the system has none.

    An SSL_CERT_FILE that is our own bundle (a second start in a shell that ran `make env`) already holds them.
    """
    configured = os.environ.get("SSL_CERT_FILE")
    if configured and Path(configured).resolve() == own_bundle.resolve() and own_bundle.exists():
        return b"".join(_BEGIN + part for part in own_bundle.read_bytes().split(_BEGIN)[2:])
    for candidate in (configured, ssl.get_default_verify_paths().cafile, certifi.where()):
        if candidate and Path(candidate).is_file():
            return Path(candidate).read_bytes()
    return b""
