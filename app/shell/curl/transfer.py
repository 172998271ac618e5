"""One transfer of curl: the request it sends, whom it asks, the redirects it follows, and its words for what fails."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address

from app.shell.curl.options import Asked
from app.shell.curl.telling import exchange_lines, head_text, tls_lines, verify_result
from app.shell.curl.writeout import Facts
from app.shell.errnos import STRERROR
from app.shell.terminal import Terminal
from app.shell.web.asking import KERNEL_PATIENCE_US, Answered, ask
from app.shell.web.names import resolve
from app.shell.web.url import BadUrlError, Url, parse_url
from app.workloads.http.message import HttpRequest, HttpResponse
from app.workloads.tls.certificates import Certificate, complaint

__all__ = ["CurlError", "Transfer"]

REDIRECTS = (301, 302, 303, 307, 308)
AGENT = "curl/7.88.1"
CERTIFICATE_HELP = """
More details here: https://curl.se/docs/sslcerts.html

curl failed to verify the legitimacy of the server and therefore could not
establish a secure connection to it. To learn more about this situation and
how to fix it, please visit the web page mentioned above."""
#: OpenSSL's numbers for what it says of a handshake.
OPENSSL = {
    "wrong version number": "error:0A00010B:SSL routines::wrong version number",
    "handshake failure": "error:0A000410:SSL routines::sslv3 alert handshake failure",
}


class CurlError(Exception):
    """curl's exit code and what it says behind it."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass
class Transfer:
    """One URL from first to last request. `told` are the lines of -v, `shown` is what goes to stdout or the file."""

    at: Terminal
    asked: Asked
    number: int = 0
    told: list[str] = field(default_factory=list)
    shown: bytes = b""
    facts: Facts = field(default_factory=Facts)
    _began_us: int = 0
    _first_host: str = ""

    def run(self, text: str) -> None:
        """Fetch a URL. Raises CurlError."""
        self._began_us = self.at.netns.clock.now_us
        asked = self.asked
        url = self._read(lambda: parse_url(text, keeps_dots=asked.has("path-as-is")))
        body = "&".join(asked.data).encode() if asked.has_data else None
        if body is not None and asked.has("get"):
            url, body = url.with_query(body.decode()), None
        method = asked.method or ("HEAD" if asked.has("head") else "GET" if body is None else "POST")
        self._first_host = url.host
        try:
            self._follow(url, method, body)
        finally:
            self.facts.total_us = self.at.netns.clock.now_us - self._began_us

    @staticmethod
    def _read(parse: Callable[[], Url]) -> Url:
        """Return what `parse` makes, or fail in curl's words."""
        try:
            return parse()
        except BadUrlError as error:
            if error.protocol:
                raise CurlError(1, f'Protocol "{error.protocol}" not supported or disabled in libcurl') from None
            raise CurlError(3, "URL using bad/illegal format or missing URL") from None

    def _follow(self, url: Url, method: str, body: bytes | None) -> None:
        asked, facts = self.asked, self.facts
        while True:
            response = self._once(url, method, body)
            location = response.header("location")
            if response.status not in REDIRECTS or not location:
                break
            onward = self._read(partial(url.joined, location))
            facts.redirect_url = onward.text
            if not asked.has("location"):
                break
            if asked.max_redirs >= 0 and facts.redirects >= asked.max_redirs:
                raise CurlError(47, f"Maximum ({asked.max_redirs}) redirects followed")
            facts.redirects += 1
            facts.redirect_us = self.at.netns.clock.now_us - self._began_us
            if response.body:
                self.told.append("* Ignoring the response-body")
            self.told.append(f"* Connection #{self.number} to host {url.host} left intact")
            url, facts.redirect_url = onward, ""
            self.told.append(f"* Issue another request to this URL: '{url.text}'")
            if method == "POST" and response.status in (301, 302, 303) and not asked.method:
                self.told.append("* Switch from POST to GET")
                method, body = "GET", None
            self.number += 1
        if asked.has("fail", "fail-with-body") and response.status >= 400:
            if asked.has("fail-with-body"):
                self.shown += response.body
            raise CurlError(22, f"The requested URL returned error: {response.status}")
        if method != "HEAD":
            self.shown += response.body
            facts.body = len(response.body)
        self.told.append(f"* Connection #{self.number} to host {url.host} left intact")

    # --- one request --------------------------------------------------------------------------------------------------

    def _once(self, url: Url, method: str, body: bytes | None) -> HttpResponse:
        request = self._request(url, method, body)
        host, port = self._connect_to(url)
        began_us = self.at.netns.clock.now_us
        address = self._address(host, port, url)
        looked_up_us = self.at.netns.clock.now_us
        facts = self.facts
        facts.url, facts.scheme, facts.method = url.text, url.scheme, method
        facts.lookup_us = looked_up_us - self._began_us
        self.told.append(f"*   Trying {address}:{port}...")
        left = self._left_us()
        limit = self.asked.connect_timeout_us
        answered = ask(
            self.at, (address, port), request,
            tls=(None if url.scheme == "http" else "" if _is_address(url.host) else url.host),
            verify=None if self.asked.has("insecure") else self._verify(url.host),
            connect_timeout_us=limit - (looked_up_us - began_us) if limit else None, timeout_us=left,
        )  # fmt: skip
        facts.connects += answered.connected_us is not None
        if answered.local is not None and answered.connected_us is not None:
            facts.local = (str(answered.local[0]), answered.local[1])
            facts.remote = (str(address), port)
            facts.connect_us = looked_up_us - self._began_us + answered.connected_us
            self.told.append(f"* Connected to {url.host} ({address}) port {port} (#{self.number})")
        certificate = answered.fetched.certificate
        if url.scheme == "https" and certificate is not None:
            self.told += tls_lines(certificate, is_insecure=self.asked.has("insecure"))
            self.facts.verify = verify_result(certificate)[0] if self.asked.has("insecure") else 0
        response = answered.fetched.response
        if response is None:
            raise self._failure(url, address, port, answered, looked_up_us)
        if url.scheme == "https":
            facts.handshake_us = facts.connect_us
        facts.sent += len(request.render())
        facts.uploaded = len(request.body)
        facts.response = response
        self.told += exchange_lines(self.asked.user, request, response)
        head = head_text(response)
        facts.head += len(head)
        if self.asked.has("include", "head"):
            self.shown += head
        return response

    def _request(self, url: Url, method: str, body: bytes | None) -> HttpRequest:
        """Return the request: Host, Authorization, User-Agent, Accept, Referer, -H, length and type (lib/http.c)."""
        custom = [_header(line) for line in self.asked.headers]
        named = {name.lower() for name, _ in custom}
        mine = [("Host", url.authority)]
        if "host" in named and url.host == self._first_host:
            mine = [(name, value) for name, value in custom if name.lower() == "host" and value is not None]
        custom = [item for item in custom if item[0].lower() != "host"]
        user = self.asked.user or url.user
        if user and url.host == self._first_host:
            token = base64.b64encode((user if ":" in user else f"{user}:").encode()).decode()
            mine.append(("Authorization", f"Basic {token}"))
        agent = AGENT if self.asked.agent is None else self.asked.agent
        mine += [("User-Agent", agent)] if agent else []
        mine += [("Accept", "*/*")]
        mine += [("Referer", self.asked.referer)] if self.asked.referer else []
        kept = [mine[0]] if mine and mine[0][0].lower() == "host" else []
        kept += [(name, value) for name, value in mine[len(kept) :] if name.lower() not in named]
        kept += [(name, value) for name, value in custom if value is not None]
        if body is not None:
            kept += [("Content-Length", str(len(body)))] if "content-length" not in named else []
            kept += [("Content-Type", "application/x-www-form-urlencoded")] if "content-type" not in named else []
        version = "HTTP/1.0" if self.asked.has("http1.0") else "HTTP/1.1"
        return HttpRequest(method, url.target, tuple(kept), body or b"", version)

    def _connect_to(self, url: Url) -> tuple[str, int]:
        """Return host and port to connect to: those of --connect-to HOST1:PORT1:HOST2:PORT2, else the URL's."""
        for entry in self.asked.connects:
            parts = entry.split(":")
            if len(parts) == 4 and parts[0] in ("", url.host) and parts[1] in ("", str(url.port)):
                return parts[2] or url.host, int(parts[3]) if parts[3].isdecimal() else url.port
        return url.host, url.port

    def _address(self, host: str, port: int, url: Url) -> IPv4Address:
        for entry in self.asked.resolves:
            name, _, rest = entry.lstrip("+").partition(":")
            number, _, address = rest.partition(":")
            if name.lower() in (host, "*") and number == str(port) and _is_address(address):
                self.told.append(f"* Added {name}:{number}:{address} to DNS cache")
                self.told.append(f"* Hostname {url.host} was found in DNS cache")
                return IPv4Address(address)
        limits = [limit for limit in (self._left_us(), self.asked.connect_timeout_us) if limit is not None]
        began_us = self.at.netns.clock.now_us
        found = resolve(self.at, host, min(limits, default=None))
        if not found:
            spent_us = self.at.netns.clock.now_us - began_us
            if limits and spent_us >= min(limits):
                raise self._closing(28, f"Resolving timed out after {spent_us // 1000} milliseconds")
            raise self._closing(6, f"Could not resolve host: {host}")
        return found[0]

    def _left_us(self) -> int | None:
        """Return what is left of --max-time, at least one microsecond; None: no limit."""
        if self.asked.max_time_us is None:
            return None
        return max(1, self.asked.max_time_us - (self.at.netns.clock.now_us - self._began_us))

    def _spent_ms(self) -> int:
        return (self.at.netns.clock.now_us - self._began_us) // 1000

    def _verify(self, host: str) -> Callable[[Certificate], str]:
        live = self.at.live
        present = live.now if live is not None else None

        def look(certificate: Certificate) -> str:
            return complaint(certificate, host, present or certificate.not_before)

        return look

    def _failure(self, url: Url, address: IPv4Address, port: int, answered: Answered, began_us: int) -> CurlError:
        """Return curl's exit code and message. Source: lib/connect.c, lib/multi.c, lib/strerror.c; by running it."""
        fetched = answered.fetched
        ms = (self.at.netns.clock.now_us - began_us) // 1000
        failed = f"Failed to connect to {url.host} port {port} after {ms} ms"
        if fetched.error == "timeout" and not fetched.is_connected:
            return self._silence(failed, answered)
        if fetched.error == "timeout":
            return self._closing(28, f"Operation timed out after {self._spent_ms()} milliseconds with 0 bytes received")
        if fetched.error == "empty":
            return self._closing(52, "Empty reply from server")
        if fetched.error == "ECONNRESET" or (fetched.is_connected and fetched.error.startswith("E")):
            return self._closing(56, f"Recv failure: {STRERROR.get(fetched.error, 'Connection reset by peer')}")
        if fetched.error == "malformed":
            return self._closing(1, "Received HTTP/0.9 when not allowed")
        if fetched.error == "tls":
            is_judged = fetched.certificate is not None and not self.asked.has("insecure")
            if not is_judged:
                return self._closing(35, f"OpenSSL/3.0.19: {OPENSSL.get(fetched.detail, fetched.detail)}")
            words = fetched.detail
            head = "SSL: " if words.startswith("no alternative") else "SSL certificate problem: "
            return self._closing(60, f"{head}{words}{CERTIFICATE_HELP}")
        why = STRERROR.get(fetched.error, fetched.error)
        is_at_once = fetched.error in ("ENETUNREACH", "EACCES", "EINVAL") and fetched.told_by == 0
        self.told.append(
            f"* Immediate connect fail for {address}: {why}" if is_at_once
            else f"* connect to {address} port {port} failed: {why}"
        )  # fmt: skip
        return self._closing(7, f"{failed}: Couldn't connect to server")

    def _silence(self, failed: str, answered: Answered) -> CurlError:
        limit = self.asked.connect_timeout_us
        if limit is not None and limit <= answered.done_us + 1 and limit < KERNEL_PATIENCE_US:
            self.told.append(f"* ipv4 connect timeout after {limit // 1000}ms, move on!")
            return self._closing(28, f"{failed}: Timeout was reached")
        if self.asked.max_time_us is not None and answered.done_us < KERNEL_PATIENCE_US:
            return self._closing(28, f"Connection timed out after {self._spent_ms()} milliseconds")
        return self._closing(28, f"{failed}: Couldn't connect to server")

    def _closing(self, code: int, message: str) -> CurlError:
        self.told.append(f"* {message.partition(chr(10))[0]}")
        self.told.append(f"* Closing connection {self.number}")
        return CurlError(code, message)


def _header(line: str) -> tuple[str, str | None]:
    """Return a field of -H: `Name: value`, `Name;` is sent empty, `Name:` takes the field away (None)."""
    name, colon, value = line.partition(":")
    if colon:
        return name.strip(), value.strip() or None
    return (line.strip().removesuffix(";"), "") if line.strip().endswith(";") else (name.strip(), None)


def _is_address(text: str) -> bool:
    try:
        IPv4Address(text)
    except ValueError:
        return False
    return True
