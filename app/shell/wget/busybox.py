"""BusyBox 1.35's wget: few words. Source: networking/wget.c; its words from running it."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import Terminal
from app.shell.web.names import resolve
from app.shell.web.url import BadUrlError, Url, parse_url
from app.shell.wget.asked import Asked, Words, read_words
from app.shell.wget.request import ERRNO, Page, file_name, request_of, send
from app.workloads.http.message import HttpResponse

__all__ = ["BusyboxWget"]

USAGE = """\
BusyBox v1.35.0 multi-call binary.

Usage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]
	[--post-data STR | --post-file FILE] [-Y on/off]
	[--no-check-certificate] [-P DIR] [-U AGENT] [-T SEC] URL...

Retrieve files via HTTP or FTP

	--spider	Only check URL existence: $? is 0 if exists
	--header STR	Add STR (of form 'header: value') to headers
	--post-data STR	Send STR using POST method
	--no-check-certificate	Don't validate the server's certificate
	-q		Quiet
	-P DIR		Save to DIR (default .)
	-S    		Show server response
	-T SEC		Network read timeout is SEC seconds
	-O FILE		Save to FILE ('-' for stdout)
	-U STR		Use STR for User-Agent header
"""
REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 15


def _timeout(asked: Asked, value: str) -> None:
    if not (value.isascii() and value.isdecimal() and len(value) < 7):
        raise CommandError(f"wget: invalid number '{value}'\n", 1)
    asked.timeout = int(value)


WORDS = Words(
    letters={"q": "quiet", "O": "output", "S": "server-response", "T": "timeout", "U": "user-agent", "P": "prefix",
             "c": "continue", "Y": "proxy", "o": "log", "s": "spider", "t": "tries"},
    plain=frozenset({"quiet", "server-response", "spider", "no-check-certificate", "continue"}),
    valued={
        "output": lambda asked, value: setattr(asked, "output", value),
        "timeout": _timeout,
        "user-agent": lambda asked, value: setattr(asked, "agent", value),
        "prefix": lambda asked, value: setattr(asked, "directory", value),
        "proxy": lambda asked, value: None,  # noqa: ARG005  (there is no proxy to turn on)
        "tries": lambda asked, value: None,  # noqa: ARG005  (read and passed over, as the real one does)
        "header": lambda asked, value: asked.headers.append(value),
        "post-data": lambda asked, value: setattr(asked, "post", value),
    },
    elsewhere=frozenset({"log", "post-file"}),
    unknown=lambda word: CommandError(
        f"wget: {'unrecognized' if len(word) > 1 else 'invalid'} option "
        f"{word if len(word) > 1 else f'-- {word!r}'}\n{USAGE}", 1),
    needs_value=lambda word: CommandError(f"wget: option requires an argument -- '{word.lstrip('-')}'\n{USAGE}", 1),
)  # fmt: skip


class BusyboxWget:
    """One run: it ends with the first failure."""

    def __init__(self, at: Terminal, args: Sequence[str]) -> None:
        self.at = at
        self.asked = read_words(args, WORDS)
        self.text = ""
        self.page = ""

    def run(self) -> CommandResult:
        """Fetch every URL."""
        if not self.asked.urls:
            raise CommandError(USAGE, 1)
        try:
            for url in self.asked.urls:
                self._fetch(url)
        except CommandError as stop:
            return CommandResult(stop.exit_code, self.page, self.text + stop.stderr)
        return CommandResult(0, self.page, self.text)

    def _say(self, text: str) -> None:
        if not self.asked.has("quiet"):
            self.text += text

    def _fetch(self, text: str) -> None:
        url = self._parsed(text)
        first = url
        for _ in range(MOST_REDIRECTS):
            response = self._once(url)
            location = response.header("location")
            if response.status not in REDIRECTS or not location:
                break
            url = url.joined(location)
        else:
            raise CommandError("wget: too many redirections\n", 1)
        if response.status >= 300:
            raise CommandError(f"wget: server returned error: {response.line}\n", 1)
        self._save(first, response)

    def _parsed(self, text: str) -> Url:
        try:
            return parse_url(text)
        except BadUrlError as error:
            if error.protocol == "ftp":
                raise not_modelled("wget of ftp://") from None
            what = f"not an http or ftp url: {text}" if error.protocol else f"bad address '{text}'"
            raise CommandError(f"wget: {what}\n", 1) from None

    def _once(self, url: Url) -> HttpResponse:
        addresses = resolve(self.at, url.host)
        if not addresses:
            raise CommandError(f"wget: bad address '{url.authority}'\n", 1)
        self._say(f"Connecting to {url.authority} ({addresses[0]}:{url.port})\n")
        fields = [("Host", url.authority), ("User-Agent", self.asked.agent or "Wget"), ("Connection", "close")]
        request = request_of(url, self.asked, fields)
        if self.asked.has("spider"):
            request = type(request)("HEAD", request.target, request.headers)
        fetched = send(self.at, url, addresses[0], request, self.asked, Page([])).fetched
        if fetched.response is not None:
            if self.asked.has("server-response"):
                lines = [fetched.response.line, *(f"{name}: {value}" for name, value in fetched.response.headers), ""]
                self._say("".join(f"  {line}\n" for line in lines))
            return fetched.response
        if fetched.error == "timeout" and self.asked.timeout:
            raise CommandError("wget: download timed out\n", 1)
        why = ERRNO.get(fetched.error, "")
        if not fetched.is_connected:
            raise CommandError(f"wget: can't connect to remote host ({addresses[0]}): {why}\n", 1)
        if fetched.error == "tls":
            raise CommandError(f"wget: TLS error from peer: {fetched.detail}\n", 1)
        raise CommandError(f"wget: error getting response{f': {why}' if why else ''}\n", 1)

    def _save(self, url: Url, response: HttpResponse) -> None:
        if self.asked.has("spider"):
            self._say("remote file exists\n")
            return
        text = response.body.decode("utf-8", "replace")
        folder, name = self.asked.directory.rstrip("/"), self.asked.output or file_name(url)
        name = f"{folder}/{name}" if folder and not self.asked.output else name
        if name == "-":
            self._say("writing to stdout\n")
            self.page += text.replace("\r\n", "\n")
        else:
            if not self.asked.output and self.at.fs.is_file(name):
                raise CommandError(f"wget: can't open '{name}': File exists\n", 1)
            self._say(f"saving to '{name}'\n")
            if name != "/dev/null":
                self.at.fs.write(name, text)
        label = name.rpartition("/")[2][:20]
        self._say(f"{label:<20} 100% |{'*' * 32}| {len(response.body):>5}  0:00:00 ETA\n")
        self._say("written to stdout\n" if name == "-" else f"'{name}' saved\n")
