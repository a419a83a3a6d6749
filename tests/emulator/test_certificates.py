"""The certificate authority: made once, trusted with the roots that were in force, renewed in time."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from emulator.certificates import ensure_certificates


def test_the_servers_certificate_verifies_against_the_authority_alone(tmp_path: Path) -> None:
    files = ensure_certificates(tmp_path)
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    verifier = PolicyBuilder().store(Store([authority])).build_server_verifier(x509.DNSName("localhost"))
    chain = verifier.verify(x509.load_pem_x509_certificate(files.certificate.read_bytes()), [])
    assert chain[-1] == authority


def test_the_bundle_holds_the_authority_and_the_roots_that_were_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    files = ensure_certificates(tmp_path)
    bundle = files.bundle.read_bytes()
    assert bundle == files.authority.read_bytes() + Path(certifi.where()).read_bytes()
    assert len(ssl.create_default_context(cafile=files.bundle).get_ca_certs()) > 100


def test_a_start_with_the_own_bundle_in_force_keeps_its_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", certifi.where())
    files = ensure_certificates(tmp_path)
    before = files.bundle.read_bytes()
    monkeypatch.setenv("SSL_CERT_FILE", str(files.bundle))
    ensure_certificates(tmp_path)
    assert files.bundle.read_bytes().count(b"BEGIN CERTIFICATE") == before.count(b"BEGIN CERTIFICATE") > 100
    assert files.bundle.read_bytes().startswith(files.authority.read_bytes())


def test_private_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    ensure_certificates(tmp_path)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.key")}
    assert modes == {"ca.key": 0o600, "server.key": 0o600}


def test_certificates_are_made_once(tmp_path: Path) -> None:
    before = ensure_certificates(tmp_path).certificate.read_bytes()
    assert ensure_certificates(tmp_path).certificate.read_bytes() == before


def test_the_servers_certificate_is_renewed_by_the_same_authority(tmp_path: Path) -> None:
    files = ensure_certificates(tmp_path)
    authority, certificate = files.authority.read_bytes(), files.certificate.read_bytes()
    ensure_certificates(tmp_path, datetime.now(UTC) + timedelta(days=380))
    assert files.authority.read_bytes() == authority
    assert files.certificate.read_bytes() != certificate


def test_an_expiring_authority_is_replaced_with_its_servers_certificate(tmp_path: Path) -> None:
    files = ensure_certificates(tmp_path)
    authority = files.authority.read_bytes()
    later = datetime.now(UTC) + timedelta(days=3649)
    ensure_certificates(tmp_path, later)
    assert files.authority.read_bytes() != authority
    renewed = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    renewed.verify_directly_issued_by(x509.load_pem_x509_certificate(files.authority.read_bytes()))
