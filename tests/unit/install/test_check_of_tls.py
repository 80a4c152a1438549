"""Certificates and keys, made for the purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from tests.unit.install.machines import SaidMachine, situation

from cupola.install.checks.finding import Finding
from cupola.install.checks.tls import SITE, tls

NOW = datetime(2027, 1, 15, tzinfo=UTC)


def certificate(key: ec.EllipticCurvePrivateKey, days: int = 365, name: str = "cloud.example.org") -> str:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(NOW - timedelta(days=400)).not_valid_after(NOW + timedelta(days=days))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


KEY, OTHER = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))


def look(tmp_path: Path, chain: str, key: str, url: str = "https://cloud.example.org") -> list[Finding]:
    files = {"/tls/chain.pem": chain, "/tls/key.pem": key}
    files[str(SITE)] = "SSLCertificateFile /tls/chain.pem\n  SSLCertificateKeyFile /tls/key.pem\n"
    machine = SaidMachine(files=files, at=NOW.timestamp())
    return list(tls(situation(machine, tmp_path, "controller", DEFAULT={"public_url": url})))


def test_nothing_is_said_of_files_that_fit(tmp_path: Path) -> None:
    assert look(tmp_path, certificate(KEY), pem(KEY)) == []


@pytest.mark.parametrize(
    ("chain", "key", "severity", "what"),
    [
        (certificate(KEY, days=-1), pem(KEY), "error", "is valid from"),
        (certificate(KEY, days=10), pem(KEY), "warning", "is valid from"),
        (certificate(KEY), pem(OTHER), "error", "is not the key of the certificate"),
        (certificate(KEY), "no key", "error", "cannot be used: it holds no key"),
        ("nothing", pem(KEY), "error", "holds no certificate"),
        (certificate(KEY, name="other.org"), pem(KEY), "error", "is for other.org, not for cloud.example.org"),
        (certificate(KEY) + certificate(OTHER, name="ca"), pem(KEY), "error", "did not issue the one before"),
    ],
)
def test_what_clients_would_refuse_is_found(chain: str, key: str, severity: str, what: str, tmp_path: Path) -> None:
    (finding,) = look(tmp_path, chain, key)
    assert (finding.severity, what in finding.what) == (severity, True), finding


def test_files_that_are_named_and_not_there_are_found(tmp_path: Path) -> None:
    url = "postgresql://cupola:secret@db/cupola?sslrootcert=/tls/ca.pem"
    (finding,) = tls(situation(SaidMachine(), tmp_path, database={"connection": url}))
    assert finding.what == "/tls/ca.pem cannot be read"
