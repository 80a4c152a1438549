"""Certificates and keys that settings and Apache's site name."""

from __future__ import annotations

import itertools
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cupola.install.checks.finding import Finding, Situation

SITE = Path("/etc/apache2/sites-available/cupola.conf")
SOON = timedelta(days=30)
_WHY = "Clients would refuse the connection, or it would not start."


@dataclass(frozen=True)
class TlsFiles:
    """Files that go together; `host` is the name by which clients reach what shows the certificate."""

    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None
    host: str | None = None


def tls(situation: Situation) -> Iterator[Finding]:
    """Each file is there and readable, in time, and fits the others."""
    for files in _named(situation):
        for path in (files.certificate, files.key, files.authorities):
            if path is not None and situation.machine.text(path) is None:
                yield Finding(f"{path} cannot be read", _WHY, f"ls -l {path}, and put it there")
        yield from _certificate(situation, files)
        if files.key is not None and files.key.exists() and (mode := stat.S_IMODE(files.key.stat().st_mode)) & 0o007:
            yield Finding(
                f"the key {files.key} has mode {mode:o}",
                "Everybody on this machine may use it.",
                f"chmod o= {files.key}",
            )


def _named(situation: Situation) -> Iterator[TlsFiles]:
    """What Apache's site, the URLs of database and broker, and [agent] name."""
    site = situation.machine.text(SITE) or ""
    named = dict(re.findall(r"^\s*(SSLCertificate(?:Key)?File)\s+\"?([^\"\s]+)", site, re.MULTILINE))
    if situation.serves and named:
        certificate, key = (named.get(f"SSLCertificate{kind}File") for kind in ("", "Key"))
        host = urlsplit(situation.settings.main.url).hostname
        yield TlsFiles(_path(certificate), _path(key), host=host)
    query = {name: Path(values[-1]) for name, values in parse_qs(urlsplit(_database(situation)).query).items()}
    names = (("sslcert", "ssl_cert"), ("sslkey", "ssl_key"), ("sslrootcert", "ssl_ca"))
    found = [next((query[name] for name in each if name in query), None) for each in names]
    broker = situation.settings.broker
    for files in (TlsFiles(found[0], found[1], found[2]), TlsFiles(broker.cert_file, broker.key_file, broker.ca_file)):
        if files.certificate or files.key or files.authorities:
            yield files
    if situation.settings.agent.ca_file:
        yield TlsFiles(authorities=situation.settings.agent.ca_file)


def _database(situation: Situation) -> str:
    return situation.settings.database.connection or ""


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _certificate(situation: Situation, files: TlsFiles) -> Iterator[Finding]:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature

    path = files.certificate or files.authorities
    if path is None or (text := situation.machine.text(path)) is None:
        return
    try:
        chain = x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        yield Finding(f"{path} holds no certificate: {error}", _WHY, f"openssl x509 -in {path} -noout -text")
        return
    now = datetime.fromtimestamp(situation.machine.now(), UTC)
    for certificate in chain:
        ends, name = certificate.not_valid_after_utc, certificate.subject.rfc4514_string()
        if ends < now + SOON or certificate.not_valid_before_utc > now:
            yield Finding(
                f"the certificate of {name} in {path} is valid from {certificate.not_valid_before_utc:%Y-%m-%d} "
                f"to {ends:%Y-%m-%d}",
                _WHY,
                "Renew it, then: systemctl reload apache2",
                "warning" if ends > now >= certificate.not_valid_before_utc else "error",
            )
    if files.certificate is None:
        return
    for certificate, issuer in itertools.pairwise(chain):
        try:
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            yield Finding(
                f"in {path} the certificate of {issuer.subject.rfc4514_string()} did not issue the one before it",
                "Clients follow the chain from one to the next.",
                f"Put the server's certificate first in {path}, then each one's issuer",
            )
    if files.host:
        yield from _host(chain[0], files.host, path)
    yield from _key(situation, chain[0], files)


def _host(certificate: object, host: str, path: Path) -> Iterator[Finding]:
    from cryptography import x509

    assert isinstance(certificate, x509.Certificate)  # noqa: S101 - for the type checker
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        listed: list[str] = []
    else:
        addresses = names.get_values_for_type(x509.IPAddress)
        listed = [*names.get_values_for_type(x509.DNSName), *(str(address) for address in addresses)]
    wild = f"*.{host.partition('.')[2]}"
    if host not in listed and wild not in listed:
        yield Finding(
            f"the certificate in {path} is for {', '.join(listed) or 'no name'}, not for {host}",
            "Clients compare it with the name they ask.",
            f"Have one made for {host}, or set [DEFAULT] public_url to a name that it has",
        )


def _key(situation: Situation, certificate: object, files: TlsFiles) -> Iterator[Finding]:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

    assert isinstance(certificate, x509.Certificate)  # noqa: S101 - for the type checker
    if files.key is None or (text := situation.machine.text(files.key)) is None:
        return
    try:
        ours = load_pem_private_key(text.encode(), None).public_key()
    except (ValueError, TypeError) as error:
        reason = "it needs a pass phrase" if isinstance(error, TypeError) else "it holds no key"
        yield Finding(f"{files.key} cannot be used: {reason}", _WHY, f"openssl pkey -in {files.key} -noout")
        return
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if ours.public_bytes(*form) != certificate.public_key().public_bytes(*form):
        yield Finding(
            f"{files.key} is not the key of the certificate in {files.certificate}",
            _WHY,
            f"Compare: openssl x509 -in {files.certificate} -noout -pubkey; openssl pkey -in {files.key} -pubout",
        )
