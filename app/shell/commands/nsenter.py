"""`nsenter`: run a command in the network namespace of another process. Source: nsenter(1), util-linux 2.38."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.shell.iproute.netns import entered, namespaces_of
from app.shell.processes import processes_of
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["nsenter"]

HINT = "Try 'nsenter --help' for more information.\n"
NAMESPACE = re.compile(r"/(?:var/)?run/netns/(\S+)")


@COMMANDS.register("nsenter")
def nsenter(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Run a command where a Pod's process has its network: nsenter -t PID -n COMMAND."""
    words = list(args)
    target, path = "", ""
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in ("-t", "--target") and words:
            target = words.pop(0)
        elif found := re.fullmatch(r"(?:-t|--target=)([0-9]+)", word):
            target = found[1]
        elif found := re.fullmatch(r"(?:-n|--net=)(/\S+)", word):
            path = found[1]
        elif word in ("-n", "--net"):
            continue
        elif word in ("-m", "-u", "-i", "-p", "-a", "--mount", "--uts", "--ipc", "--pid", "--all"):
            raise not_modelled(f"nsenter {word}", "modelled: -t PID -n")
        else:
            raise CommandError(f"nsenter: unrecognized option '{word}'\n{HINT}", 1)
    inner = _entered(at, target, path)
    return inner.call(words or ["sh"])


def _entered(at: Terminal, target: str, path: str) -> Terminal:
    """Return a terminal with this machine's files and another network."""
    if path:
        name = NAMESPACE.fullmatch(path)
        found = namespaces_of(at).get(name[1]) if name is not None else None
        if found is None:
            raise CommandError(f"nsenter: cannot open {path}: No such file or directory\n", 1)
        return entered(at, found)
    if not re.fullmatch("[0-9]{1,9}", target):
        raise CommandError(f"nsenter: no target PID specified for --net\n{HINT}", 1)
    process = next((each for each in processes_of(at) if each.pid == int(target)), None)
    if process is None:
        raise CommandError(f"nsenter: cannot open /proc/{target}/ns/net: No such file or directory\n", 1)
    return entered(at, process.netns)
