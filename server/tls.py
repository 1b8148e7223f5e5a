"""TLS: the pair of key and certificate that the settings name, examined, loaded, and renewed while the server runs.

Owns what makes a pair good or bad and says it in words. Loading never asks a terminal for a passphrase.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import ssl
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from server.settings import SettingsError, TlsSection

if TYPE_CHECKING:
    import uvicorn

log = logging.getLogger(__name__)

SOON = timedelta(days=30)
LOOK_EVERY = 1.0
"""Seconds between two looks at the files, and looks happen only when somebody connects."""

Level = Literal["refused", "error", "warning", "note"]


class TlsError(SettingsError):
    """The pair cannot be used; the message names the setting, the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is so with a pair.

    refused: it cannot be served. error: it can, but clients will refuse it. warning: they will soon, or some will.
    """

    level: Level
    text: str


def check(tls: TlsSection) -> list[Finding]:
    """All there is to say about the configured pair, the worst first."""
    return _read(tls)[1]


def make_context(tls: TlsSection) -> ssl.SSLContext:
    """A server's context whose pair is that of the files for every new connection. Raises TlsError.

    When the files have changed, connections from then on get the new pair; running ones are not touched. A new pair
    that clients could not use is not taken up, and the log says why.
    """
    stamp = _stamp(tls)
    certificates, findings = _read(tls)
    context = _load(tls, certificates, findings)
    for finding in findings:
        if finding.level != "note":
            log.warning("TLS: %s", finding.text)
    context.sni_callback = _Renewal(tls, context, stamp).choose
    return context


def secure(config: uvicorn.Config, tls: TlsSection) -> None:
    """Let this uvicorn serve with `make_context`. Call it before the server is started. Raises TlsError."""
    context = make_context(tls)
    if not config.loaded:
        config.load()
    config.ssl = context


class _Renewal:
    """Looks at the files when a client connects, and puts the present pair into that connection.

    OpenSSL calls `choose` in every handshake, also when the client names no host.
    """

    def __init__(self, tls: TlsSection, context: ssl.SSLContext, stamp: object) -> None:
        self._tls = tls
        self._present = context
        self._stamp = stamp
        self._next_look = time.monotonic() + LOOK_EVERY

    def choose(self, connection: ssl.SSLObject | ssl.SSLSocket, _: str | None, first: ssl.SSLContext) -> None:
        if time.monotonic() >= self._next_look:
            self._look()
            self._next_look = time.monotonic() + LOOK_EVERY
        if self._present is not first:
            connection.context = self._present

    def _look(self) -> None:
        stamp = _stamp(self._tls)
        if stamp == self._stamp:
            return
        # Remembered for a bad pair too: it is told once. A change that comes while we read is another stamp.
        self._stamp = stamp
        certificates, findings = _read(self._tls)
        try:
            bad = next((finding for finding in findings if finding.level in ("refused", "error")), None)
            if bad is not None:
                raise TlsError(bad.text)
            self._present = _load(self._tls, certificates, findings)
        except TlsError as error:
            log.warning("TLS: the changed pair is not taken up, the old one stays. %s", error)
        else:
            log.info("TLS: new connections get the changed pair")


def _stamp(tls: TlsSection) -> object:
    """Equal as long as the files are the same."""

    def of(file: Path) -> tuple[int, int, int] | None:
        try:
            facts = file.stat()
        except OSError:
            return None
        return facts.st_mtime_ns, facts.st_size, facts.st_ino

    return [of(file) for file in (tls.key, tls.certificate, tls.chain) if file is not None]


def _load(tls: TlsSection, certificates: Sequence[x509.Certificate], findings: Sequence[Finding]) -> ssl.SSLContext:
    if refused := [finding.text for finding in findings if finding.level == "refused"]:
        raise TlsError(refused[0])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    try:
        with tempfile.TemporaryDirectory() as folder:
            # OpenSSL wants certificate and chain in one file. No secret goes in there.
            whole = Path(folder) / "chain.pem"
            whole.write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in certificates))
            context.load_cert_chain(whole, tls.key, password=lambda: tls.passphrase)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = getattr(error, "reason", None) or error
        where = f"tls.key {tls.key} and tls.certificate {tls.certificate}"
        raise TlsError(f"{where}: OpenSSL refuses them: {reason}") from error
    return context


def _read(tls: TlsSection) -> tuple[list[x509.Certificate], list[Finding]]:
    """The certificate with its chain behind it, and what there is to say."""
    findings: list[Finding] = []
    certificates = _certificates("tls.certificate", tls.certificate, findings)
    public = _public_half(tls, findings)
    if certificates and public and public != _spki(certificates[0].public_key()):
        text = f"tls.key {tls.key} is not the key of tls.certificate {tls.certificate}: they are of two different pairs"
        findings.append(Finding("refused", text))
    if tls.chain is not None:
        certificates += _certificates("tls.chain", tls.chain, findings)
    if certificates:
        findings += _about(tls, certificates)
    order: Sequence[Level] = ("refused", "error", "warning", "note")
    return certificates, sorted(findings, key=lambda finding: order.index(finding.level))


def _bytes(setting: str, file: Path, findings: list[Finding]) -> bytes | None:
    try:
        return file.read_bytes()
    except OSError as error:
        findings.append(Finding("refused", f"{setting} {file}: {error.strerror}"))
        return None


def _certificates(setting: str, file: Path, findings: list[Finding]) -> list[x509.Certificate]:
    data = _bytes(setting, file, findings)
    if data is None:
        return []
    try:
        return x509.load_pem_x509_certificates(data)
    except ValueError:
        swapped = b"PRIVATE KEY-----" in data and b"BEGIN CERTIFICATE" not in data
        what = "it holds a private key" if swapped else "no certificate in PEM form can be read from it"
        findings.append(Finding("refused", f"{setting} {file}: expected -----BEGIN CERTIFICATE-----, but {what}"))
        return []


def _public_half(tls: TlsSection, findings: list[Finding]) -> bytes | None:
    where = f"tls.key {tls.key}"
    data = _bytes("tls.key", tls.key, findings)
    if data is None:
        return None
    encrypted = b"ENCRYPTED" in data
    try:
        key = load_pem_private_key(data, tls.passphrase.encode() if encrypted and tls.passphrase else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if b"PRIVATE KEY-----" not in data:
            problem = "expected -----BEGIN PRIVATE KEY-----, but no private key in PEM form is in it"
        elif encrypted and not tls.passphrase:
            problem = "it is encrypted, and tls.passphrase (LLM_API_TLS_PASSPHRASE) is empty"
        elif encrypted:
            problem = "tls.passphrase does not open it"
        else:
            problem = "the private key in it cannot be read: it is damaged, or of a kind that TLS does not use"
        findings.append(Finding("refused", f"{where}: {problem}"))
        return None
    if os.name == "posix" and tls.key.stat().st_mode & 0o077:
        findings.append(Finding("warning", f"{where} can be read by other users of this machine: chmod 600 {tls.key}"))
    return _spki(key.public_key())


def _spki(key: object) -> bytes:
    """A public key in the one form that can be compared whatever its kind."""
    data: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]
    return data


def _about(tls: TlsSection, certificates: Sequence[x509.Certificate]) -> list[Finding]:
    first = certificates[0]
    where = f"tls.certificate {tls.certificate}"
    findings: list[Finding] = []
    for certificate in certificates:
        which = where if certificate is first else f"the chain's {certificate.subject.rfc4514_string()}"
        findings += _about_time(which, certificate)
    for lower, upper in pairwise(certificates):
        if not _issued(lower, upper):
            unsigned = f"{lower.subject.rfc4514_string()} is not signed by {upper.subject.rfc4514_string()}"
            findings.append(Finding("error", f"the chain does not fit: {unsigned}, which comes after it"))
    if _issued(first, first):
        findings.append(Finding("note", f"{where} is self-signed: clients must be told to trust it"))
    elif len(certificates) == 1:
        text = f"{where} comes without a chain: clients must know {first.issuer.rfc4514_string()} themselves"
        findings.append(Finding("warning", text))
    if names := names_in(first):
        findings.append(Finding("note", f"{where} is for {', '.join(names)}"))
    else:
        findings.append(Finding("error", f"{where} is for no name: it lacks a subject alternative name"))
    return findings


def _about_time(which: str, certificate: x509.Certificate) -> list[Finding]:
    now, start, end = datetime.now(UTC), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if end <= now:
        return [Finding("error", f"{which} expired on {end:%Y-%m-%d %H:%M} UTC")]
    if start > now:
        return [Finding("error", f"{which} is not valid before {start:%Y-%m-%d %H:%M} UTC")]
    if end - now < SOON:
        return [Finding("warning", f"{which} expires in {(end - now).days} days, on {end:%Y-%m-%d %H:%M} UTC")]
    return [Finding("note", f"{which} is valid until {end:%Y-%m-%d}")]


def _issued(lower: x509.Certificate, upper: x509.Certificate) -> bool:
    try:
        lower.verify_directly_issued_by(upper)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def names_in(certificate: x509.Certificate) -> list[str]:
    """Host names and addresses that the certificate is for."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return []
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    return [*found.get_values_for_type(x509.DNSName), *addresses]


def self_signed(hosts: Sequence[str], days: int) -> tuple[bytes, bytes]:
    """A private key and its certificate, both PEM, for this machine and `hosts`. Raises ValueError for a bad host."""
    names = [_general_name(host) for host in dict.fromkeys(("localhost", "127.0.0.1", "::1", *hosts))]
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "llm-api")])
    now = datetime.now(UTC)
    usage = {"digital_signature": True} | dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "key_cert_sign",
            "crl_sign",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return secret, certificate.public_bytes(Encoding.PEM)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        # The idna codec refuses empty labels and labels over 63 characters; of the rest of what is no name, little.
        name = host.encode("idna").decode()
        if not name or not all(letter.isalnum() or letter in "-.*_" for letter in name):
            raise ValueError(f"{host!r} is neither a host name nor an address") from None
        return x509.DNSName(name)
