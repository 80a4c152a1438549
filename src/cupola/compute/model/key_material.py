"""Key pairs as texts: made, read and named by fingerprint (of x509 the text is a certificate)."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

COMMENT = "Generated-by-Cupola"
USER_PRINCIPAL_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
VALID_FOR = timedelta(days=3650)


def ssh_fingerprint(public_key: str) -> str:
    """The MD5 fingerprint with colons. Raises ValueError when the text is no public key."""
    try:
        serialization.load_ssh_public_key(public_key.strip().encode())
        blob = base64.b64decode(public_key.split()[1])
    except Exception as error:  # whatever is wrong with the text, it is no key
        raise ValueError("failed to generate fingerprint") from error
    return _colons(hashlib.md5(blob, usedforsecurity=False).digest())


def x509_fingerprint(certificate: str) -> str:
    """The SHA-1 fingerprint with colons. Raises ValueError when the text is no certificate in PEM."""
    try:
        loaded = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError as error:
        raise ValueError("failed to generate X509 fingerprint. Error message: it is not a PEM certificate") from error
    return _colons(loaded.fingerprint(hashes.SHA1()))  # noqa: S303 - a name, not a protection


def new_ssh_key() -> tuple[str, str]:
    """A new ed25519 key: private and public text."""
    key = ed25519.Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return private.decode(), f"{public.decode()} {COMMENT}\n"


def new_certificate(user_id: str, now: datetime) -> tuple[str, str]:
    """A new key and a certificate that lets its owner log in on Windows without a password: both PEM texts."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, user_id[:64])])
    principal = f"{user_id}@localhost".encode()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.OtherName(USER_PRINCIPAL_NAME, bytes((0x0C, len(principal))) + principal)]  # DER: a UTF-8 string
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


def _colons(digest: bytes) -> str:
    return digest.hex(":")
