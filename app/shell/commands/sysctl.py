"""`sysctl`: the namespace's kernel parameters. Source: procps-ng 4.0.2, src/sysctl.c; texts compared with the real one.

The keys that the model acts on are checked as the kernel checks them; any other known key is kept and said to have no
effect yet.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from app.core.errors import did_you_mean
from app.dataplane.netns import NetNs
from app.dataplane.settings import conf_keys
from app.shell.parameters import is_acted_on, set_parameter
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["sysctl"]

USAGE = "Usage:\n sysctl [-n] [-N] [-q] [-e] variable...\n sysctl [-n] [-q] -w variable=value...\n sysctl -a\n"
FLAGS = {
    "a": "all", "A": "all", "X": "all", "n": "values", "N": "names", "w": "write", "q": "quiet", "e": "ignore",
    "b": "binary", "o": "", "x": "", "h": "help", "d": "help", "V": "version",
}  # fmt: skip
LONG = {
    "--all": "a", "--values": "n", "--names": "N", "--write": "w", "--quiet": "q", "--ignore": "e", "--binary": "b",
    "--help": "h", "--version": "V",
}  # fmt: skip


class Output(Struct):
    """What is said on both streams, and whether anything went wrong."""

    flags: set[str]
    stdout: str = ""
    stderr: str = ""
    is_bad: bool = False

    def fail(self, message: str) -> None:
        """Say a problem and go on with the next word, as the real one does."""
        self.stderr += f"sysctl: {message}\n"
        self.is_bad = True

    def show(self, key: str, value: str) -> None:
        """Print one parameter."""
        if "names" in self.flags:
            self.stdout += f"{key}\n"
        elif "binary" in self.flags:
            self.stdout += value
        else:
            self.stdout += f"{value}\n" if "values" in self.flags else f"{key} = {value}\n"


@COMMANDS.register("sysctl")
def sysctl(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Read and set kernel parameters of this network namespace."""
    netns = at.netns
    flags, words = _options(args)
    out = Output(flags)
    if "all" in flags:
        for key, value in sorted(_parameters(netns).items()):
            out.show(key, value)
    elif not words:
        if not flags:
            raise CommandError(USAGE, 1)
        raise CommandError("sysctl: no variables specified\nTry `sysctl --help' for more information.\n", 1)
    for word in [] if "all" in flags else words:
        _one(netns, word, out)
    return CommandResult(int(out.is_bad), out.stdout, out.stderr)


def _options(args: Sequence[str]) -> tuple[set[str], list[str]]:
    flags: set[str] = set()
    words: list[str] = []
    for arg in args:
        if not arg.startswith("-") or arg == "-":
            words.append(arg)
            continue
        for letter in LONG.get(arg, arg[1:]):
            if letter in "pfr" or (arg.startswith("--") and arg not in LONG):
                raise not_modelled(f"sysctl {arg}", "modelled: -a -n -N -q -e -b -w")
            if letter not in FLAGS:
                raise CommandError(f"sysctl: invalid option -- '{letter}'\n", 1, USAGE)
            flags.add(FLAGS[letter])
    flags.discard("")
    if "help" in flags:
        raise CommandError("", 0, USAGE)
    if "version" in flags:
        raise CommandError("", 0, "sysctl from procps-ng 4.0.2 (podwalk's model)\n")
    return flags, words


def _one(netns: NetNs, word: str, out: Output) -> None:
    """Read or set what one word names. A setting of one character is passed over in silence, as the real one does."""
    name, is_setting, value = word.partition("=")
    if not word:
        raise CommandError('sysctl: "" is an unknown key\n', 255, out.stdout)
    if is_setting and not name.strip():
        out.is_bad = True
        return
    if "write" in out.flags and not is_setting:
        out.is_bad = True
        out.stderr += "" if len(word) < 2 else "sysctl: command line(0): invalid syntax, continuing...\n"
        return
    key = _key(name.strip())
    known = _parameters(netns)
    if key not in known:
        _unknown(known, key, out)
    elif is_setting:
        _set(netns, key, value.strip(), out)
    else:
        out.show(key, known[key])


def _parameters(netns: NetNs) -> dict[str, str]:
    """Return every parameter: those of the namespace, and those of each interface."""
    return {**dict(conf_keys(netns)), **netns.sysctls}


def _unknown(known: dict[str, str], key: str, out: Output) -> None:
    below = [k for k in sorted(known) if k.startswith(f"{key}.")]
    if below:
        for each in below:
            out.show(each, known[each])
        return
    if "ignore" in out.flags:
        return
    out.fail(f"cannot stat /proc/sys/{_path(key)}: No such file or directory")
    near = did_you_mean(key, known)
    if near:
        out.stderr += f"note{near.replace(';', ':', 1)}\n"


def _key(text: str) -> str:
    """Return the key in the form that is printed: dots between its parts, a dot inside a part shown as a slash.

    Whichever of the two separators comes first is the one that was meant (slashdot() in the source).
    """
    first = next((c for c in text if c in "./"), ".")
    return text if first == "." else text.translate(str.maketrans("./", "/."))


def _path(key: str) -> str:
    return key.translate(str.maketrans("./", "/."))


def _set(netns: NetNs, key: str, text: str, out: Output) -> None:
    if not set_parameter(netns, key, text):
        out.fail(f'setting key "{key}": Invalid argument')
        return
    if "quiet" not in out.flags:
        out.show(key, text)
    if not is_acted_on(key):
        out.stderr += f"note: the model does not act on {key} yet\n"
