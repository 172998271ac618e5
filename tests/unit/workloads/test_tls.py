"""TLS: two ends talk, in any pieces; certificates are read, made, chosen by name and found wanting."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.workloads.tls.certificates import Certificate, choose, complaint, names_match, self_signed
from app.workloads.tls.hello import ClientHello
from app.workloads.tls.records import TlsError
from app.workloads.tls.session import TlsClient, TlsServer

SHOP = self_signed("shop.example", ["shop.example", "www.shop.example"])
WILD = self_signed("any", ["*.example"])
FAKE = self_signed("Kubernetes Ingress Controller Fake Certificate", ["ingress.local"], "Acme Co")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def server() -> TlsServer:
    return TlsServer(lambda name: choose(name, [WILD, SHOP], FAKE), b"1")


def agreed(host: str = "shop.example", size: int = 10_000) -> tuple[TlsClient, TlsServer]:
    """Let two ends shake hands, `size` bytes at a time."""
    client, other = TlsClient(host, b"1"), server()

    def hand_over(data: bytes, to: TlsClient | TlsServer) -> None:
        for at in range(0, len(data), size):
            assert to.receive(data[at : at + size]) == b""

    hand_over(client.start(), other)
    hand_over(other.take_output(), client)
    hand_over(client.take_output(), other)
    assert client.is_ready and other.is_ready
    return client, other


@pytest.mark.parametrize("size", [1, 5, 600, 10_000])
def test_two_ends_agree_and_understand_each_other(size: int) -> None:
    client, other = agreed(size=size)
    assert client.certificate == SHOP
    long = b"x" * 40_000
    assert other.receive(client.protect(b"GET / HTTP/1.1\r\n")) == b"GET / HTTP/1.1\r\n"
    wire = other.protect(long)
    assert b"xx" not in wire and client.receive(wire) == long
    client.receive(other.alert(0))
    assert client.is_closed


@pytest.mark.parametrize(
    ("host", "shown"), [("WWW.shop.example", SHOP), ("a.example", WILD), ("a.b.example", FAKE), ("", FAKE)]
)
def test_the_certificate_is_chosen_by_name(host: str, shown: Certificate) -> None:
    client, other = agreed(host)
    assert client.certificate == shown
    assert other.hello is not None and other.hello.server_name == host


def test_a_changed_byte_is_noticed() -> None:
    client, other = agreed()
    wire = bytearray(client.protect(b"secret"))
    wire[7] ^= 1
    with pytest.raises(TlsError) as error:
        other.receive(bytes(wire))
    assert error.value.alert == 20


def test_plain_http_is_no_tls_and_an_old_client_is_told() -> None:
    with pytest.raises(TlsError, match="wrong version number"):
        server().receive(b"GET / HTTP/1.1\r\n")
    with pytest.raises(TlsError, match="wrong version number"):
        TlsClient("a", b"1").receive(b"HTTP/1.1 400 Bad Request\r\n")
    old = TlsClient("a", b"1")
    old.hello = ClientHello(b"r" * 32, versions=(0x0303,))
    other = server()
    with pytest.raises(TlsError) as error:
        other.receive(old.start())
    with pytest.raises(TlsError, match="alert protocol version"):
        old.receive(other.alert(error.value.alert))


def test_a_server_without_a_certificate_for_the_name_says_so() -> None:
    other = TlsServer(lambda _: None, b"1")
    with pytest.raises(TlsError) as error:
        other.receive(TlsClient("nobody.example", b"1").start())
    assert error.value.alert == 112


@pytest.mark.parametrize(
    "data",
    [b"\x16\x03\x01\x00\x04\x01\x00\x00\x00", b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", b"\x16\x03\x01\xff\xff"],
)
def test_garbage_ends_in_an_alert(data: bytes) -> None:
    with pytest.raises(TlsError):
        server().receive(data)


@pytest.mark.parametrize(
    ("pattern", "host", "fits"),
    [("a.b", "A.b.", True), ("*.b", "a.b", True), ("*.b", "a.a.b", False), ("*.b", "b", False), ("a.b", "c.b", False)],
)
def test_names_are_compared_by_label(pattern: str, host: str, *, fits: bool) -> None:
    assert names_match(pattern, host) is fits


def test_what_a_client_says_of_a_certificate() -> None:
    late = datetime(2060, 1, 1, tzinfo=UTC)
    assert complaint(SHOP, "shop.example", late) == "certificate has expired"
    assert complaint(SHOP, "shop.example", NOW) == "self-signed certificate"


def test_our_own_certificates_are_what_openssl_reads() -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    command = ["openssl", "x509", "-inform", "DER", "-noout", "-subject", "-ext", "subjectAltName", "-enddate"]
    done = subprocess.run(command, input=FAKE.data, capture_output=True, check=True)
    assert "O = Acme Co, CN = Kubernetes Ingress Controller Fake Certificate" in done.stdout.decode().replace(
        "=", " = "
    ).replace("  ", " ").replace("  ", " ")
    assert "DNS:ingress.local" in done.stdout.decode()


def test_a_certificate_of_openssl_is_read(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    cert = tmp_path / "tls.crt"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        str(tmp_path / "tls.key"),
        "-out",
        str(cert),
    ]
    names = [
        "-days",
        "3650",
        "-subj",
        "/CN=foo.bar.com",
        "-addext",
        "subjectAltName=DNS:foo.bar.com,DNS:*.bar.com,IP:10.0.0.10",
    ]
    subprocess.run([*command, *names], capture_output=True, check=True)
    read = Certificate.from_pem(cert.read_text())
    assert read.names == ("foo.bar.com", "*.bar.com", "10.0.0.10")
    assert (read.subject, read.is_self_signed) == ("CN=foo.bar.com", True)
    with pytest.raises(ValueError, match="PEM"):
        Certificate.from_pem("nothing")
    with pytest.raises(ValueError, match=r"not an X\.509"):
        Certificate.parse(read.data[:100])
