"""What `curl -v` and `curl -i` tell of a transfer. Source: curl 7.88.1 lib/vtls/openssl.c, lib/http.c."""

from __future__ import annotations

from datetime import datetime

from app.workloads.http.dates import http_date
from app.workloads.http.message import HttpRequest, HttpResponse
from app.workloads.tls.certificates import Certificate

__all__ = ["exchange_lines", "head_text", "tls_lines", "verify_result"]


def verify_result(certificate: Certificate) -> tuple[int, str]:
    """Return OpenSSL's number and words for a certificate that nobody vouches for (X509_V_ERR)."""
    if certificate.is_self_signed:
        return 18, "self-signed certificate"
    return 20, "unable to get local issuer certificate"


def tls_lines(certificate: Certificate, *, is_insecure: bool) -> list[str]:
    """Return the lines of a handshake: less than the real one's, which names every message."""
    lines = [
        "* TLSv1.3 (OUT), TLS handshake, Client hello (1):",
        "* TLSv1.3 (IN), TLS handshake, Server hello (2):",
        "* SSL connection using TLSv1.3 / TLS_AES_256_GCM_SHA384",
        "* Server certificate:",
        f"*  subject: {_oneline(certificate.subject)}",
        f"*  start date: {_date(certificate.not_before)}",
        f"*  expire date: {_date(certificate.not_after)}",
        f"*  issuer: {_oneline(certificate.issuer)}",
    ]
    if is_insecure:
        code, words = verify_result(certificate)
        lines.append(f"*  SSL certificate verify result: {words} ({code}), continuing anyway.")
    return [*lines, "* using HTTP/1.x"]


def exchange_lines(user: str, request: HttpRequest, response: HttpResponse) -> list[str]:
    """Return both heads, as -v shows them."""
    lines = [f"* Server auth using Basic with user '{user.partition(':')[0]}'"] if user else []
    lines += [f"> {request.line}", *(f"> {name}: {value}" for name, value in request.headers), "> "]
    return [*lines, f"< {response.line}", *(f"< {name}: {value}" for name, value in response.headers), "< "]


def head_text(response: HttpResponse) -> bytes:
    """Return an answer's head as it came."""
    return "\r\n".join([response.line, *(f"{name}: {value}" for name, value in response.headers), "", ""]).encode()


def _oneline(name: str) -> str:
    return name.replace(", ", "; ")


def _date(moment: datetime) -> str:
    """Return `Jan  1 00:00:00 2026 GMT`, as OpenSSL prints it."""
    month = http_date(moment).split()[2]
    return f"{month} {moment.day:2} {moment:%H:%M:%S %Y} GMT"
