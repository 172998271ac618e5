"""`curl`: HTTP and HTTPS requests that really walk, in virtual time. Held against curl 7.88.1."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.curl.options import Asked, read_options
from app.shell.curl.transfer import CurlError, Transfer
from app.shell.curl.writeout import write_out
from app.shell.probing import finish
from app.shell.result import CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["curl"]

METER = """\
  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current
                                 Dload  Upload   Total   Spent    Left  Speed
"""


@COMMANDS.register("curl")
def curl(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Fetch a URL: [-s] [-i] [-I] [-v] [-k] [-L] [-X METHOD] [-H HEADER] [-d DATA] [-o FILE] [-w FORMAT] [-m S] URL."""
    asked = read_options(args)
    code, stdout, stderr = 0, "", ""
    for index, url in enumerate(asked.urls):
        if not asked.has("globoff") and any(sign in url for sign in "{}[]"):
            raise not_modelled(f"globbing in '{url}'", "-g takes the URL as it is")
        transfer = Transfer(at, asked)
        failure: CurlError | None = None
        try:
            transfer.run(url)
        except CurlError as error:
            failure = error
            transfer.facts.exit_code, transfer.facts.error = error.code, error.message.partition("\n")[0]
        finally:
            finish(at.netns)
        output = asked.outputs[index] if index < len(asked.outputs) else None
        more, told = _printed(at, transfer, output, failure)
        stdout, stderr, code = stdout + more, stderr + told, failure.code if failure else 0
        if at.budget is not None:
            at.budget.check_walks()
    return CommandResult(code, stdout, stderr)


def _printed(at: Terminal, transfer: Transfer, output: str | None, failure: CurlError | None) -> tuple[str, str]:
    """Return what goes to stdout and to stderr; the page goes to a file where one is named."""
    asked = transfer.asked
    stdout, stderr = "", ""
    page = transfer.shown.decode("utf-8", "replace")
    text = page.replace("\r\n", "\n")  # what a terminal shows of it
    if asked.has("verbose"):
        stderr += "".join(f"{line}\n" for line in transfer.told)
    if output is not None:
        name = output or transfer.facts.url.rpartition("/")[2]
        if failure is None and name not in ("/dev/null", "-"):
            at.fs.write(name, page)
        if name == "-":
            stdout = text
        elif not asked.has("silent", "no-progress-meter"):
            stderr += METER + _meter(transfer)
    else:
        stdout = text
    if failure is not None and _tells_errors(asked):
        stderr += f"curl: ({failure.code}) {failure.message}\n"
    if asked.write_out:
        printed, complaints = write_out(asked.write_out, transfer.facts)
        stdout, stderr = stdout + printed, stderr + complaints
    return stdout, stderr


def _tells_errors(asked: Asked) -> bool:
    return not asked.has("silent") or asked.has("show-error")


def _meter(transfer: Transfer) -> str:
    """Return the last line of the progress meter. Source: lib/progress.c."""
    facts = transfer.facts
    size, speed = facts.body, facts.body * 1_000_000 // facts.total_us if facts.total_us else 0
    share = 100 if size else 0
    return f"{share:3} {size:5}  {share:3} {size:5}    0     0  {speed:5}      0 --:--:-- --:--:-- --:--:-- {speed:5}\n"
