"""`wget`: GNU's, or BusyBox's in a Pod whose image is busybox; requests really walk, in virtual time."""

from __future__ import annotations

from collections.abc import Sequence

from app.shell.probing import finish
from app.shell.result import CommandResult
from app.shell.terminal import COMMANDS, Terminal
from app.shell.wget.busybox import BusyboxWget
from app.shell.wget.gnu import GnuWget

__all__ = ["wget"]


@COMMANDS.register("wget")
def wget(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Fetch a page into a file: [-q] [-O FILE] [-S] [-T S] [-t N] [--spider] [--header H] [--post-data D] URL."""
    kind = BusyboxWget if at.netns.userland == "busybox" else GnuWget
    try:
        return kind(at, args).run()
    finally:
        finish(at.netns)
