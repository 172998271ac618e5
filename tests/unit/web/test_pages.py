"""Pages, files and headers, asked through Flask's test client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core import assets
from app.core.limits import limit
from app.web import files
from app.web.application import create_app, parts
from app.web.config import WebConfig
from app.web.headers import SECURITY_HEADERS
from tests.unit.web.conftest import ORIGIN
from tests.unit.web.fakes import SECRET, fake_backend

PATHS = [
    "/",
    "/l/first",
    "/sandbox",
    "/healthz",
    "/api/trace.schema.json",
    "/static/js/boot.js",
    "/socket.io/",
    "/nope",
]
TRAVERSALS = [
    prefix + tail
    for prefix in ("/l/", "/static/", "/vendor/", "/static/js/", "/api/")
    for tail in (
        "..", "../", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "....//etc/passwd",
        "..\\..\\etc\\passwd", "..%5c..%5cetc%5cpasswd", "%00", "first%00.js", "/etc/passwd", "//etc/passwd",
        "%2fetc%2fpasswd", ".git/config", ".", "./boot.js", "~root", "first/../../etc", "C:%5cboot.ini",
        "%c0%ae%c0%ae/", "first;", "first%20", "FIRST", "first.yaml", "-" * 64, "%ef%bc%8e%ef%bc%8e/", "\u2025/x",
        "first%0d%0aX: y",
    )
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_every_answer_carries_the_whole_set_of_headers(app: Flask, path: str, method: str) -> None:
    answer = app.test_client().open(path, method=method)
    for name, value in SECURITY_HEADERS:
        assert answer.headers.getlist(name) == [value]
    assert answer.headers.get("Access-Control-Allow-Origin") is None


def test_the_policy_allows_nothing_inline() -> None:
    policy = dict(SECURITY_HEADERS)["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")


def test_every_route_is_walked_and_none_takes_an_unsafe_method(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert rules == {
        "/", "/l/<lesson_id>", "/sandbox", "/healthz", "/api/trace.schema.json", "/static/<path:name>",
        "/vendor/socket.io.esm.min.js",
    }  # fmt: skip
    methods = {method for rule in app.url_map.iter_rules() for method in rule.methods or ()}
    assert methods == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code in (400, 404)
    assert b"root:" not in answer.data


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 405),
        ({"Sec-Fetch-Site": "none"}, 405),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, 403),
        ({"Origin": ORIGIN}, 405),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({}, 405),
        ({"Cookie": "podwalk_id=" + "0" * 32}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/", "/l/first", "/healthz"])
def test_unsafe_methods_of_other_sites_are_refused(app: Flask, path: str, headers: dict[str, str], status: int) -> None:
    answer = app.test_client(use_cookies=False).post(path, headers=headers, json={})
    assert answer.status_code == status


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_only_json_bodies_are_taken(app: Flask, media: str) -> None:
    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": media}
    assert app.test_client().post("/", data=b"{}", headers=headers).status_code == 415


@pytest.mark.parametrize(("extra", "status"), [(0, 405), (1, 413)])
def test_a_body_may_have_just_the_limit(app: Flask, extra: int, status: int) -> None:
    body = b"x" * (limit("web.body_bytes") + extra)
    assert app.test_client().post("/", data=body, content_type="application/json").status_code == status


@pytest.mark.parametrize(
    "path",
    ["/<svg onload=alert(1)>", "/l/<script>", "/socket.io/?sid=<svg>", "/l/first?lang=<i9>", "/static//svg onload"],
)
def test_errors_and_pages_repeat_nothing_of_the_request(app: Flask, path: str) -> None:
    for accept in ("text/html", "application/json"):
        answer = app.test_client().get(path, headers={"Accept": accept, "X-Evil": "<svg>"})
        for words in (b"svg onload", b"svg%20onload", b"<script>", b"sid=", b"<i9>"):
            assert words not in answer.data


@pytest.mark.parametrize(("path", "says"), [("/nope", "Not Found"), ("/l/nope", "Not Found")])
def test_a_program_is_told_what_is_wrong(app: Flask, path: str, says: str) -> None:
    answer = app.test_client().get(path, headers={"Accept": "application/json"})
    assert answer.get_json() == {"error": {"code": 404, "message": says}}


def test_an_exception_in_a_page_is_a_500_with_an_id(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> str:
        raise ZeroDivisionError("secret detail")

    app.view_functions["pages.home"] = broken
    answer = app.test_client().get("/", headers={"Accept": "text/html"})
    assert answer.status_code == 500
    assert b"ZeroDivisionError" not in answer.data
    error_id = caplog.records[-1].getMessage().split()[1]
    assert error_id.encode() in answer.data


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "lang"),
    [
        ("", "", "", "zh-CN"),
        ("", "", "de, en;q=0.8, zh;q=0.5", "en"),
        ("", "", "en;q=0.1, zh-TW;q=0.9", "zh-CN"),
        ("", "", "de", "zh-CN"),
        ("", "en", "zh", "en"),
        ("?lang=zh", "en", "en", "zh-CN"),
        ("?lang=en", "zh-CN", "zh", "en"),
        ("?lang=xx", "en", "zh", "en"),
    ],
)
def test_query_beats_cookie_beats_header(app: Flask, query: str, cookie: str, accept: str, lang: str) -> None:
    client = app.test_client()
    if cookie:
        client.set_cookie("lang", cookie)
    page = client.get(f"/{query}", headers={"Accept-Language": accept})
    assert f'<html lang="{lang}"' in page.text


def test_a_visitor_gets_an_id_once_and_javascript_cannot_read_it(app: Flask) -> None:
    client = app.test_client()
    cookie = client.get("/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "Set-Cookie" not in client.get("/l/first").headers


def test_a_made_up_id_is_replaced(app: Flask) -> None:
    client = app.test_client()
    client.set_cookie("podwalk_id", "../../etc")
    assert "podwalk_id=" in client.get("/").headers["Set-Cookie"]


def test_over_https_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    origins = (ORIGIN, "https://podwalk.example")
    app = create_app(WebConfig(origins, tmp_path, async_mode="threading"), fake_backend())
    answer = app.test_client().get("/", headers={"Host": "podwalk.example"})
    assert "__Host-" not in app.test_client().get("/").headers["Set-Cookie"]
    assert answer.headers["Set-Cookie"].startswith("__Host-podwalk_id=")
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]
    parts(app).store.close()


def test_a_file_is_asked_for_again_by_its_tag(app: Flask) -> None:
    client = app.test_client()
    first = client.get("/static/js/boot.js")
    assert first.headers["Cache-Control"] == "no-cache"
    assert first.content_type.startswith("text/javascript")
    again = client.get("/static/js/boot.js", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_the_modules_of_a_page_are_fetched_early(app: Flask) -> None:
    page = app.test_client().get("/").text
    for url in files.modules(assets.static_dir(), "js/main-home.js"):
        assert app.test_client().get(url).status_code == 200
        assert f'<link rel="modulepreload" href="{url}">' in page


def test_a_lesson_can_be_read_without_script_and_without_its_answers(app: Flask) -> None:
    page = app.test_client().get("/l/first?lang=en").text
    assert "say predict" in page
    assert SECRET not in page


def test_an_unknown_lesson_is_a_404(app: Flask) -> None:
    assert app.test_client().get("/l/third").status_code == 404


def test_home_says_where_to_start_and_where_to_go_on(app: Flask, connect: Any) -> None:
    browser = app.test_client()
    assert 'href="/l/first"' in browser.get("/?lang=en").text
    connect(browser).emit("step.enter", {"lesson": "second", "step": "predict"}, callback=True)
    assert "/l/second?s=look" in browser.get("/?lang=en").text


def test_without_a_folder_the_page_works_from_memory(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    app = create_app(WebConfig((ORIGIN,), blocked / "data", async_mode="threading"), fake_backend())
    assert parts(app).store.in_memory is True
    assert "until the server stops" in app.test_client().get("/?lang=en").text
    parts(app).store.close()
