from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.connectors import shop
from tests.connectors.asking import client_of  # noqa: F401  # a fixture
from tests.connectors.fake_source import FakeSource, Reply
from tests.connectors.oauth_till import till  # noqa: F401  # a fixture

Resolver = Callable[[dict[str, list[str]]], list[str]]


@pytest.fixture
def source() -> Iterator[FakeSource]:
    """A source that lets in whoever asks."""
    source = FakeSource()
    source.on("/token", Reply(body=shop.grant(source.url)))
    source.on("/refresh", Reply(body=shop.grant(source.url, token="canary-token-second")))
    yield source
    source.close()


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """A name server of our own: each question takes the next address of a name, the last stays."""
    ask_the_system = socket.getaddrinfo

    def set_up(names: dict[str, list[str]]) -> list[str]:
        asked: list[str] = []

        def answer(host: str, port: int, **options: int) -> list[tuple[object, ...]]:
            if host not in names:
                return list(ask_the_system(host, port, **options))
            asked.append(host)
            known = names[host]
            return list(
                ask_the_system(known.pop(0) if len(known) > 1 else known[0], port, **options)
            )

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return asked

    return set_up


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for till.example and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "till.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("till.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "till.pem"
    file.write_bytes(
        signed.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.fixture
def tls_port(certificate: Path) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
            except OSError:
                plain.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()
