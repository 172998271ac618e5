"""HTTP messages: bytes in, values out, in whatever pieces they come."""

import pytest

from app.workloads.http.message import HttpRequest, HttpResponse, reason_of
from app.workloads.http.reader import HttpError, RequestReader, ResponseReader

GET = HttpRequest("GET", "/a?b=1", (("Host", "shop.example:8080"), ("User-Agent", "curl/8.5.0"), ("Accept", "*/*")))


def test_a_request_is_rendered_as_it_goes_over_the_wire() -> None:
    assert GET.render() == (
        b"GET /a?b=1 HTTP/1.1\r\nHost: shop.example:8080\r\nUser-Agent: curl/8.5.0\r\nAccept: */*\r\n\r\n"
    )
    assert (GET.host, GET.path, GET.header("user-agent"), GET.header("nothing", "-")) == (
        "shop.example",
        "/a",
        "curl/8.5.0",
        "-",
    )


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_requests_are_read_in_any_pieces(size: int) -> None:
    post = HttpRequest("POST", "/", (("Host", "a"),), b"name=value")
    data = GET.render() + post.render()
    reader, found = RequestReader(), []
    for at in range(0, len(data), size):
        found += reader.feed(data[at : at + size])
    assert [(r.line, r.body) for r in found] == [("GET /a?b=1 HTTP/1.1", b""), ("POST / HTTP/1.1", b"name=value")]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"hello from podwalk\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost a\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"GET /" + b"a" * 40_000, 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\r\n", 400),
    ],
)
def test_what_is_no_request_names_the_status_that_a_server_answers(data: bytes, status: int) -> None:
    with pytest.raises(HttpError) as error:
        RequestReader().feed(data)
    assert error.value.status == status


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_responses_end_by_length_by_chunks_or_with_the_connection(size: int) -> None:
    by_length = HttpResponse(404, (("Server", "nginx/1.27.5"),), b"gone").render()
    assert by_length == b"HTTP/1.1 404 Not Found\r\nServer: nginx/1.27.5\r\nContent-Length: 4\r\n\r\ngone"
    chunked = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: 1\r\n\r\n"
    for data, body in ((by_length, b"gone"), (chunked, b"abcd")):
        reader, found = ResponseReader(), None
        for at in range(0, len(data), size):
            assert found is None
            found = reader.feed(data[at : at + size])
        assert found is not None and found.body == body
    reader = ResponseReader()
    assert reader.feed(b"HTTP/1.0 200 OK\r\n\r\nuntil the end") is None
    ended = reader.feed(b"", is_end=True)
    assert ended is not None and ended.body == b"until the end"


def test_an_answer_to_head_and_one_without_content_have_no_body() -> None:
    assert HttpResponse(200, body=b"four").render(is_head=True).endswith(b"Content-Length: 4\r\n\r\n")
    assert ResponseReader(is_head=True).feed(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n") is not None
    assert HttpResponse(304, body=b"x").render() == b"HTTP/1.1 304 Not Modified\r\n\r\n"


def test_phrases_of_the_gateways_are_nginx_s() -> None:
    assert [reason_of(n) for n in (200, 404, 502, 503, 504, 599)] == [
        "OK", "Not Found", "Bad Gateway", "Service Temporarily Unavailable", "Gateway Time-out", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [("HTTP/1.1", "", True), ("HTTP/1.1", "close", False), ("HTTP/1.0", "", False), ("HTTP/1.0", "Keep-Alive", True)],
)
def test_who_keeps_a_connection_open(version: str, connection: str, *, kept: bool) -> None:
    headers = (("Host", "a"),) + ((("Connection", connection),) if connection else ())
    assert HttpRequest(headers=headers, version=version).is_persistent is kept
