"""TLS: what is said of good and bad pairs, and what clients of a real server see while pairs come and go."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import anyio
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from server import tls
from server.settings import TlsSection


@dataclass
class Pair:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def key_pem(self, passphrase: str = "") -> bytes:
        lock: KeySerializationEncryption = (
            BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        )
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def issue(name: str, issuer: Pair | None = None, *, start: int = -1, end: int = 90, names: bool = True) -> Pair:
    """A certificate signed by `issuer` or by itself, valid from and until so many days from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=start))
        .not_valid_after(now + timedelta(days=end, minutes=1))
    )
    # What certificates of real authorities have, and Python 3.13 asks for.
    own, above = key.public_key(), (issuer.key if issuer else key).public_key()
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(above), critical=False)
    if name.startswith("CA"):
        usage = dict.fromkeys(
            (
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "encipher_only",
                "decipher_only",
            ),
            False,
        )
        signing = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **usage)
        builder = builder.add_extension(signing, critical=True)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    elif names:
        for_whom = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(for_whom), critical=False)
    return Pair(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


@dataclass
class Files:
    """The files that a server is configured with. Every write replaces them as renewal tools do."""

    settings: TlsSection

    def put(self, key: bytes | None = None, certificate: bytes | None = None, chain: bytes | None = None) -> None:
        given = ((self.settings.key, key), (self.settings.certificate, certificate), (self.settings.chain, chain))
        for file, data in given:
            if file is not None and data is not None:
                new = file.with_suffix(".new")
                new.write_bytes(data)
                new.chmod(0o600)
                new.replace(file)

    def put_pair(self, pair: Pair) -> None:
        self.put(pair.key_pem(), pair.pem)

    def with_(self, **changes: Any) -> Files:
        return Files(self.settings.model_copy(update=changes))


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(
        TlsSection(
            enabled=True,
            key=tmp_path / "server-key.pem",
            certificate=tmp_path / "server-crt.pem",
            chain=None,
            passphrase="",
        )
    )


@pytest.fixture(scope="module")
def pair() -> Pair:
    return issue("first")


@pytest.fixture(scope="module")
def other() -> Pair:
    return issue("second")


@pytest.fixture(autouse=True)
def _look_at_every_handshake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tls, "LOOK_EVERY", 0.0)


class Service:
    """A uvicorn whose `/stream` says one thing at once, and another when `gate` is opened."""

    def __init__(self, settings: TlsSection, loop: str) -> None:
        self.gate = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        config = uvicorn.Config(
            self.app,
            interface="asgi3",
            loop=loop,  # type: ignore[arg-type]
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        tls.secure(config, settings)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-scheme", scope["scheme"].encode())]})
        if scope["path"] == "/stream":
            await send({"type": "http.response.body", "body": b"one\n", "more_body": True})
            await anyio.to_thread.run_sync(self.gate.wait, 30)
        await send({"type": "http.response.body", "body": b"two\n"})

    def connect(self, trusted: Pair, host: str = "localhost") -> http.client.HTTPSConnection:
        context = ssl.create_default_context(cadata=trusted.pem.decode())
        connection = http.client.HTTPSConnection(host, self.port, context=context, timeout=30)
        connection.connect()
        return connection

    def certificate(self, host: str = "localhost") -> bytes:
        """What a new connection is shown. An address as host sends no name."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=30) as plain,
            context.wrap_socket(plain, server_hostname=None if host == "127.0.0.1" else host) as connection,
        ):
            return connection.getpeercert(binary_form=True) or b""


@contextmanager
def serving(settings: TlsSection, loop: str = "asyncio") -> Iterator[Service]:
    service = Service(settings, loop)
    service.thread.start()
    try:
        yield service
    finally:
        service.gate.set()
        service.server.should_exit = True
        service.thread.join(30)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_renewed_pair_is_served_while_a_stream_of_the_old_one_runs(
    files: Files, pair: Pair, other: Pair, loop: str
) -> None:
    files.put_pair(pair)
    with serving(files.settings, loop) as service:
        old = service.connect(pair)
        old.request("GET", "/stream")
        answer = old.getresponse()
        assert (answer.headers["x-scheme"], answer.readline()) == ("https", b"one\n")
        files.put_pair(other)
        assert service.certificate() == service.certificate("127.0.0.1") == other.der
        new = service.connect(other)
        new.request("GET", "/")
        assert new.getresponse().read() == b"two\n"
        service.gate.set()
        assert answer.read() == b"two\n"
        old.request("GET", "/")
        assert old.getresponse().read() == b"two\n"
        old.close()
        new.close()


def test_a_bad_renewal_keeps_the_old_pair_and_is_told_once(
    files: Files, pair: Pair, other: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    files.put_pair(pair)
    with serving(files.settings) as service, caplog.at_level(logging.WARNING, "server.tls"):
        files.put(key=other.key_pem())  # the certificate has not come yet
        assert {service.certificate() for _ in range(3)} == {pair.der}
        assert [record.getMessage() for record in caplog.records if "two different pairs" in record.getMessage()]
        assert len(caplog.records) == 1
        files.put(certificate=other.pem)
        assert service.certificate() == other.der
        files.put_pair(issue("expired", end=-1, start=-2))
        assert service.certificate() == other.der
        files.settings.key.unlink()
        assert service.certificate() == other.der
        files.put_pair(pair)
        assert service.certificate() == pair.der


def test_an_encrypted_key_is_opened_with_the_passphrase(files: Files, pair: Pair, other: Pair) -> None:
    files.put(pair.key_pem("open sesame"), pair.pem)
    with serving(files.with_(passphrase="open sesame").settings) as service:
        assert service.certificate() == pair.der
        files.put(other.key_pem("something else"), other.pem)
        assert service.certificate() == pair.der


def test_a_client_that_knows_the_root_alone_accepts_the_chain(files: Files, tmp_path: Path) -> None:
    root = issue("CA root")
    middle = issue("CA middle", root)
    leaf = issue("leaf", middle)
    files = files.with_(chain=tmp_path / "chain.pem")
    files.put(leaf.key_pem(), leaf.pem, middle.pem)
    with serving(files.settings) as service:
        service.connect(root).close()
    with serving(files.with_(chain=None).settings) as service, pytest.raises(ssl.SSLCertVerificationError):
        service.connect(root)


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_nothing_older_than_tls_1_2_is_spoken(files: Files, pair: Pair) -> None:
    def spoken(newest: ssl.TLSVersion) -> str | None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, newest
        with socket.create_connection(("127.0.0.1", service.port)) as plain, context.wrap_socket(plain) as connection:
            return connection.version()

    files.put_pair(pair)
    with serving(files.settings) as service:
        assert spoken(ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
        with pytest.raises((ssl.SSLError, ConnectionError)):
            spoken(ssl.TLSVersion.TLSv1_1)


def findings(files: Files) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in tls.check(files.settings):
        found.setdefault(finding.level, []).append(finding.text)
    return found


def refusal(files: Files) -> str:
    """The line a start ends with; the same that `check` puts first."""
    with pytest.raises(tls.TlsError) as caught:
        tls.make_context(files.settings)
    line = str(caught.value)
    assert "\n" not in line
    assert findings(files)["refused"][0] == line
    return line


def test_a_pair_that_cannot_be_served_is_refused_by_name(files: Files, pair: Pair, other: Pair) -> None:
    key, certificate = f"tls.key {files.settings.key}", f"tls.certificate {files.settings.certificate}"
    files.put(certificate=pair.pem)
    assert refusal(files) == f"{key}: No such file or directory"
    files.put(key=pair.key_pem())
    files.settings.certificate.unlink()
    assert refusal(files) == f"{certificate}: No such file or directory"
    files.put(key=other.key_pem(), certificate=pair.pem)
    assert refusal(files) == f"{key} is not the key of {certificate}: they are of two different pairs"
    files.put(key=pair.key_pem(), certificate=b"")
    assert "expected -----BEGIN CERTIFICATE-----" in refusal(files)
    files.put(key=pair.pem, certificate=pair.key_pem())
    assert "it holds a private key" in refusal(files)
    assert "expected -----BEGIN PRIVATE KEY-----" in findings(files)["refused"][1]
    files.put(key=pair.key_pem().replace(b"M", b"N", 3), certificate=pair.pem)
    assert "damaged" in refusal(files)
    files.put(key=pair.key_pem("open sesame"))
    assert "tls.passphrase (LLM_API_TLS_PASSPHRASE) is empty" in refusal(files)
    assert "tls.passphrase does not open it" in refusal(files.with_(passphrase="wrong"))
    assert "tls.chain" in refusal(files.with_(chain=files.settings.key, passphrase="open sesame"))


def test_what_clients_will_mind_is_told(files: Files, pair: Pair) -> None:
    def errors(pair: Pair) -> list[str]:
        files.put_pair(pair)
        tls.make_context(files.settings)  # it is served all the same
        return findings(files).get("error", [])

    assert errors(pair) == []
    assert "expired on" in errors(issue("old", start=-9, end=-1))[0]
    assert "not valid before" in errors(issue("young", start=2))[0]
    assert "subject alternative name" in errors(issue("nameless", names=False))[0]
    files.put_pair(issue("soon", end=20))
    assert "expires in 20 days" in findings(files)["warning"][0]


def test_a_chain_that_does_not_fit_is_told(files: Files, pair: Pair, tmp_path: Path) -> None:
    root = issue("CA root")
    files = files.with_(chain=tmp_path / "chain.pem")
    leaf = issue("leaf", root)
    files.put(leaf.key_pem(), leaf.pem, root.pem)
    assert findings(files).keys() == {"note"}
    files.put(chain=pair.pem)
    assert findings(files)["error"] == [
        "the chain does not fit: CN=leaf is not signed by CN=first, which comes after it"
    ]
    assert "comes without a chain" in findings(files.with_(chain=None))["warning"][0]


def test_a_good_pair_is_described(files: Files, pair: Pair) -> None:
    files.put_pair(pair)
    notes = findings(files).pop("note")
    assert any("self-signed" in note for note in notes)
    assert any(note.endswith("is for localhost, 127.0.0.1") for note in notes)
    if os.name == "posix":
        files.settings.key.chmod(0o644)
        assert "chmod 600" in findings(files)["warning"][0]


def test_a_pair_for_trying_out_is_accepted_by_the_strictest_client(files: Files) -> None:
    key, certificate = tls.self_signed(["my-machine.lan", "10.1.2.3"], days=90)
    files.put(key, certificate)
    assert findings(files).keys() == {"note"}
    loaded = x509.load_pem_x509_certificate(certificate)
    assert tls.names_in(loaded) == ["localhost", "my-machine.lan", "127.0.0.1", "::1", "10.1.2.3"]
    with serving(files.settings) as service:
        for host in ("localhost", "127.0.0.1"):
            context = ssl.create_default_context(cadata=certificate.decode())
            context.verify_flags |= ssl.VERIFY_X509_STRICT
            connection = http.client.HTTPSConnection(host, service.port, context=context, timeout=30)
            connection.request("GET", "/")
            assert connection.getresponse().status == 200
            connection.close()


@pytest.mark.parametrize("host", ["", "a b", "a..b", "x" * 64, "http://host/"])
def test_what_is_no_host_gets_no_certificate(host: str) -> None:
    with pytest.raises(ValueError):
        tls.self_signed([host], days=1)
