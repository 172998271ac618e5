"""GNU Wget 1.21.3: what it sends, and its words on a terminal of 80 columns. Source: src/http.c, src/progress.c."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.probing import run_until
from app.shell.result import CommandError, CommandResult
from app.shell.terminal import Terminal
from app.shell.web.asking import Answered
from app.shell.web.names import resolve
from app.shell.web.url import BadUrlError, Url, parse_url
from app.shell.wget.asked import Asked, Words, read_words
from app.shell.wget.request import ERRNO, Page, file_name, request_of, send
from app.workloads.http.message import HttpResponse
from app.workloads.tls.certificates import Certificate, names_match

__all__ = ["GnuWget"]

TRY = "Usage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n"
REDIRECTS = (301, 302, 303, 307, 308)
HELP = """\
GNU Wget 1.21.3, a non-interactive network retriever.
Usage: wget [OPTION]... [URL]...

Options modelled here:
  -q,  --quiet                     quiet (no output)
  -nv, --no-verbose                turn off verboseness, without being quiet
  -O,  --output-document=FILE      write documents to FILE
  -S,  --server-response           print server response
       --spider                    don't download anything
  -T,  --timeout=SECONDS           set all timeout values to SECONDS
  -t,  --tries=NUMBER              set number of retries to NUMBER (0 unlimits)
  -U,  --user-agent=AGENT          identify as AGENT instead of Wget/VERSION
  -P,  --directory-prefix=PREFIX   save files to PREFIX/..
       --header=STRING             insert STRING among the headers
       --post-data=STRING          use the POST method; send STRING as the data
       --max-redirect              maximum redirections allowed per page
       --no-check-certificate      don't validate the server's certificate
"""


def _unknown(word: str) -> CommandError:
    what = f"unrecognized option '{word}'" if word.startswith("--") else f"invalid option -- '{word}'"
    return CommandError(f"wget: {what}\n{TRY}", 2)


def _needs(word: str) -> CommandError:
    what = (
        f"option '{word}' requires an argument" if word.startswith("--") else f"option requires an argument -- '{word}'"
    )
    return CommandError(f"wget: {what}\n{TRY}", 2)


def _number(asked: Asked, value: str, name: str) -> None:
    if not value.replace(".", "", 1).isdecimal() or not value.isascii() or len(value) > 8:
        raise CommandError(f"wget: --{name}: Invalid number ‘{value}’\n", 2)
    setattr(asked, {"timeout": "timeout", "tries": "tries", "max-redirect": "redirects"}[name],
            float(value) if name == "timeout" else int(float(value)))  # fmt: skip


WORDS = Words(
    letters={"q": "quiet", "nv": "no-verbose", "O": "output-document", "S": "server-response", "T": "timeout",
             "t": "tries", "U": "user-agent", "P": "directory-prefix", "v": "verbose", "h": "help", "c": "continue",
             "r": "recursive", "i": "input-file", "o": "output-file", "b": "background", "d": "debug",
             "N": "timestamping", "nc": "no-clobber", "np": "no-parent", "nd": "no-directories",
             "nH": "no-host-directories",
             "4": "inet4-only", "6": "inet6-only", "V": "version", "k": "convert-links", "p": "page-requisites"},
    plain=frozenset({"quiet", "no-verbose", "server-response", "spider", "no-check-certificate", "verbose", "help",
                     "inet4-only", "no-proxy", "content-on-error"}),
    valued={
        "output-document": lambda asked, value: setattr(asked, "output", value),
        "timeout": lambda asked, value: _number(asked, value, "timeout"),
        "tries": lambda asked, value: _number(asked, value, "tries"),
        "max-redirect": lambda asked, value: _number(asked, value, "max-redirect"),
        "user-agent": lambda asked, value: setattr(asked, "agent", value),
        "directory-prefix": lambda asked, value: setattr(asked, "directory", value),
        "header": lambda asked, value: asked.headers.append(value),
        "post-data": lambda asked, value: setattr(asked, "post", value),
    },
    elsewhere=frozenset({"continue", "recursive", "input-file", "output-file", "background", "debug", "timestamping",
                         "no-clobber", "no-parent", "no-directories", "no-host-directories", "inet6-only", "version",
                         "convert-links", "page-requisites", "mirror", "user", "password", "limit-rate", "wait"}),
    unknown=_unknown, needs_value=_needs,
)  # fmt: skip


class GnuWget:
    """One run. `text` is what goes to the terminal as messages, `page` what goes to stdout."""

    def __init__(self, at: Terminal, args: Sequence[str]) -> None:
        self.at = at
        self.asked = read_words(args, WORDS)
        self.text = ""
        self.page = ""

    def run(self) -> CommandResult:
        """Fetch every URL; the exit code is the worst one."""
        if self.asked.has("help"):
            raise CommandError("", 0, HELP)
        if not self.asked.urls:
            raise CommandError(f"wget: missing URL\n{TRY}", 1)
        if self.asked.has("spider"):
            self._say("Spider mode enabled. Check if remote file exists.\n")
        codes = [self._fetch(url) for url in self.asked.urls]
        failed = [code for code in codes if code]
        return CommandResult(min(failed, default=0), self.page, self.text)

    def _say(self, text: str) -> None:
        if not self.asked.has("quiet", "no-verbose"):
            self.text += text

    def _now(self) -> str:
        return f"{self.at.now:%Y-%m-%d %H:%M:%S}"

    def _fetch(self, text: str) -> int:
        try:
            url = parse_url(text)
        except BadUrlError as error:
            what = f"Unsupported scheme ‘{error.protocol}’" if error.protocol else "Invalid host name"
            self.text += f"{text}: {what}.\n"
            return 1
        tries, redirects = 1, 0
        while True:
            self._say(f"--{self._now()}--  {f'(try:{tries:2})  ' if tries > 1 else ''}{url.text}\n")
            answered = self._once(url)
            if isinstance(answered, int):
                if answered != RETRY:
                    return answered
                if self.asked.tries and tries >= self.asked.tries:
                    self._say("Giving up.\n\n")
                    return 4
                self._say("Retrying.\n\n")
                network = self.at.netns.network
                run_until(network, network.clock.now_us + min(tries, 10) * 1_000_000, lambda: False)
                tries += 1
                continue
            location = answered.header("location")
            if answered.status in REDIRECTS and location:
                redirects += 1
                if redirects > self.asked.redirects:
                    self._say(f"{self.asked.redirects} redirections exceeded.\n")
                    return 8
                self._say(f"Location: {location} [following]\n")
                url = url.joined(location)
                continue
            return self._save(url, answered)

    def _once(self, url: Url) -> HttpResponse | int:
        """Return the answer, or an exit code; RETRY asks for another try."""
        addresses = resolve(self.at, url.host)
        is_address = bool(addresses) and str(addresses[0]) == url.host
        if not is_address:
            self._say(f"Resolving {url.host} ({url.host})... ")
            if not addresses:
                self._say("failed: Name or service not known.\n")
                self._complain(f"wget: unable to resolve host address ‘{url.host}’\n")
                return 4
            self._say(", ".join(map(str, addresses)) + "\n")
        place = f"{url.host}:{url.port}" if is_address else f"{url.host} ({url.host})|{addresses[0]}|:{url.port}"
        self._say(f"Connecting to {place}... ")
        agent = self.asked.agent or "Wget/1.21.3"
        fields = [("Host", url.authority), ("User-Agent", agent), ("Accept", "*/*"), ("Accept-Encoding", "identity"),
                  ("Connection", "Keep-Alive")]  # fmt: skip
        request = request_of(url, self.asked, fields)
        if self.asked.has("spider"):
            request = type(request)("HEAD", request.target, request.headers)
        shown = Page([])
        answered = send(self.at, url, addresses[0], request, self.asked, shown)
        return self._read(url, answered, shown)

    def _read(self, url: Url, answered: Answered, shown: Page) -> HttpResponse | int:
        fetched = answered.fetched
        if not fetched.is_connected:
            self._say(f"failed: {ERRNO.get(fetched.error, fetched.error)}.\n")
            return RETRY if fetched.error == "timeout" else 4
        self._say("connected.\n")
        if fetched.error == "tls":
            self._say("Unable to establish SSL connection.\n")
            return 4
        if shown.certificates and not self.asked.has("no-check-certificate"):
            complaints = _untrusted(shown.certificates[0], url.host)
            self._complain(complaints)
            return 5
        self._say("HTTP request sent, awaiting response... ")
        response = fetched.response
        if response is None:
            words = {"empty": "No data received.", "timeout": "Read error (Connection timed out) in headers."}
            self._say(
                words.get(fetched.error, f"Read error ({ERRNO.get(fetched.error, fetched.error)}) in headers.") + "\n"
            )
            return RETRY
        if self.asked.has("server-response"):
            fields = "".join(f"  {name}: {value}\n" for name, value in response.headers)
            self._say(f"\n  {response.line}\n{fields}")
        else:
            self._say(f"{response.status} {response.line.split(' ', 2)[2] if response.line.count(' ') > 1 else ''}\n")
        return response

    def _save(self, url: Url, response: HttpResponse) -> int:
        phrase = response.line.split(" ", 2)[2] if response.line.count(" ") > 1 else ""
        if response.status >= 400:
            if self.asked.has("spider") and response.status == 404:
                self._say("Remote file does not exist -- broken link!!!\n\n")
            else:
                self._complain(f"{self._now()} ERROR {response.status}: {phrase}.\n")
                self._say("\n")
            return 8
        size = len(response.body)
        kind = response.header("content-type").partition(";")[0] or "text/html"
        told = response.header("content-length")
        self._say(f"Length: {told or 'unspecified'} [{kind}]\n")
        if self.asked.has("spider"):
            self._say("Remote file exists and could contain further links,\n"
                      "but recursion is disabled -- not retrieving.\n\n")  # fmt: skip
            return 0
        name = self.asked.output or self._place(file_name(url))
        self._say(f"Saving to: ‘{'STDOUT' if name == '-' else name}’\n\n")
        text = response.body.decode("utf-8", "replace")
        if name == "-":
            self.page += text.replace("\r\n", "\n")
        elif name != "/dev/null":
            self.at.fs.write(name, text)
        label = name.rpartition("/")[2][:18]
        self._say(f"{label:<20}100%[===================>] {_size(size):>7}  --.-KB/s    in 0s      \n\n")
        saved = f"‘{name}’ saved" if name != "-" else "written to stdout"
        rate = _rate(size, 1000)
        length = f"[{size}/{told}]" if told else f"[{size}]"
        self._say(f"{self._now()} ({rate}) - {saved} {length}\n\n")
        if self.asked.has("no-verbose") and not self.asked.has("quiet"):
            self.text += f'{self._now()} URL:{url.text} {length} -> "{name}" [1]\n'
        return 0

    def _place(self, name: str) -> str:
        """Return a name that is not taken yet: `index.html.1`, `.2` ..."""
        folder = self.asked.directory.rstrip("/")
        base = f"{folder}/{name}" if folder else name
        number, path = 0, base
        while self.at.fs.is_file(path):
            number += 1
            path = f"{base}.{number}"
        return path

    def _complain(self, text: str) -> None:
        if not self.asked.has("quiet"):
            self.text += text


#: Ask for one more try.
RETRY = -1


def _untrusted(certificate: Certificate, host: str) -> str:
    lines = [f"ERROR: The certificate of ‘{host}’ is not trusted.",
             f"ERROR: The certificate of ‘{host}’ doesn't have a known issuer."]  # fmt: skip
    if not any(names_match(name, host) for name in certificate.names):
        lines.append(f"The certificate's owner does not match hostname ‘{host}’")
    return "".join(f"{line}\n" for line in lines)


def _size(size: int) -> str:
    """Return a size as the progress bar shows it: 612, 1.19K, 2.00M."""
    if size < 1024:
        return str(size)
    value, unit = (size / 1024, "K") if size < 1024**2 else (size / 1024**2, "M")
    return f"{value:.2f}{unit}"


def _rate(size: int, took_us: int) -> str:
    """Return bytes in a second: at least a microsecond's worth is said to have been needed."""
    value = size * 1_000_000 / max(1, took_us)
    for unit in ("B/s", "KB/s", "MB/s"):
        if value < 1024 or unit == "MB/s":
            return f"{value:.0f} {unit}" if value >= 99.95 or unit == "B/s" else f"{value:.2f} {unit}"
        value /= 1024
    return ""
