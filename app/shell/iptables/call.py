"""Reading the command line of iptables. Source: iptables 1.8.9, iptables/xshared.c, do_parse()."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.shell.iptables.names import check_chain
from app.shell.iptables.refusals import INCOMPATIBLE, NO_CHAIN, exits, fails, usage
from app.shell.result import CommandError, not_modelled

__all__ = ["Call", "read_call"]

#: Commands, and whether a chain must follow (True), may (None), or what else comes is theirs.
COMMANDS = {
    "-A": "append", "-I": "insert", "-D": "delete", "-R": "replace", "-C": "check", "-L": "list", "-S": "list-rules",
    "-F": "flush", "-Z": "zero", "-N": "new-chain", "-X": "delete-chain", "-P": "policy", "-E": "rename-chain",
}  # fmt: skip
BY_LONG = {f"--{name}": short for short, name in COMMANDS.items()} | {"--new": "-N", "--zero": "-Z"}
OPTIONAL_CHAIN = ("-L", "-S", "-F", "-Z", "-X")
FLAGS = {"-n": "numeric", "-v": "verbose", "-x": "exact", "-4": "ipv4", "-w": "wait"}
LONG_FLAGS = {
    "--numeric": "numeric", "--verbose": "verbose", "--exact": "exact", "--line-numbers": "numbers", "--ipv4": "ipv4",
    "--wait": "wait",
}  # fmt: skip


@dataclass
class Call:
    """A command line: the command (`-A`), its chain, a number or second word, the words of the rule, the flags."""

    command: str = ""
    table: str = "filter"
    chain: str = ""
    words: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)


class _Reader:
    def __init__(self, args: Sequence[str]) -> None:
        self.left = [word for arg in args for word in _split_cluster(arg)]
        self.call = Call()

    def read(self) -> Call:
        while self.left:
            self._word(self.left.pop(0))
        if not self.call.command:
            raise usage("no command specified")
        return self.call

    def _word(self, word: str) -> None:
        call = self.call
        word = BY_LONG.get(word, word)
        if word in COMMANDS and not call.command:
            self._command(word)
        elif word in COMMANDS:
            raise usage(f"Cannot use {word} with {call.command}")
        elif word in ("-t", "--table"):
            call.table = self._argument(word)
        elif word.startswith("--table="):
            call.table = word.partition("=")[2]
        elif word in FLAGS or word in LONG_FLAGS:
            call.flags.add(FLAGS.get(word) or LONG_FLAGS[word])
            if word in ("-w", "--wait") and self.left and self.left[0].isdecimal():
                self.left.pop(0)
        elif word in ("-h", "--help"):
            raise CommandError("", 0, USAGE)
        elif word in ("-V", "--version"):
            raise CommandError("", 0, "iptables v1.8.9 (nf_tables), podwalk's model\n")
        elif word in ("-6", "--ipv6", "-c", "--set-counters", "--modprobe", "-M"):
            raise not_modelled(f"iptables {word}")
        else:
            call.words.append(word)

    def _command(self, word: str) -> None:
        call = self.call
        call.command = word
        if word in OPTIONAL_CHAIN:
            if self.left and not self.left[0]:  # a name, if an empty one: no chain has it
                raise exits(f"chain `' {INCOMPATIBLE.format(call.table)}", 1) if word in "-L -S" else fails(NO_CHAIN)
            call.chain = self.left.pop(0) if self.left and not self.left[0].startswith(("-", "!")) else ""
        else:
            call.chain = self._argument(word)
        check_chain(call.chain, is_new=word == "-N")

    def _argument(self, word: str) -> str:
        if not self.left:
            raise usage(f'option "{word}" requires an argument')
        return self.left.pop(0)


def _split_cluster(arg: str) -> list[str]:
    """Return `-nvL` as `-n -v -L`; whatever is no such cluster stays one word."""
    letters = arg[1:]
    if len(letters) > 1 and arg[0] == "-" and arg[1] != "-":
        every = [f"-{letter}" for letter in letters]
        if all(each in FLAGS or each in COMMANDS or each == "-t" for each in every):
            return every
    return [arg]


def read_call(args: Sequence[str]) -> Call:
    """Return what a command line asks for. CommandError: it is none."""
    return _Reader(args).read()


USAGE = """\
iptables v1.8.9 (nf_tables), podwalk's model

Usage: iptables [-t TABLE] -[ACD] CHAIN RULE
       iptables [-t TABLE] -I CHAIN [NUMBER] RULE
       iptables [-t TABLE] -R CHAIN NUMBER RULE
       iptables [-t TABLE] -D CHAIN NUMBER
       iptables [-t TABLE] -[LS] [CHAIN [NUMBER]] [-n] [-v] [--line-numbers]
       iptables [-t TABLE] -[FXZ] [CHAIN]
       iptables [-t TABLE] -N CHAIN | -E CHAIN NAME | -P CHAIN ACCEPT|DROP
TABLE: raw, mangle, nat or filter (the default)
"""
