"""`iptables-restore`: load rules from text. Source: iptables-restore(8), iptables 1.8.9 (nf_tables).

There are no files in this terminal: where the real command takes a file's name, this one takes its text.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.dataplane.netfilter.rule import RuleError
from app.dataplane.netfilter.ruleset import Ruleset
from app.dataplane.netns import NetNs
from app.shell.iptables.refusals import VERSION
from app.shell.result import CommandError, CommandResult, not_modelled, said
from app.shell.terminal import COMMANDS

__all__ = ["iptables_restore"]

FLAGS = {
    "-n": "noflush", "--noflush": "noflush", "-t": "test", "--test": "test", "-v": "verbose", "--verbose": "verbose",
    "-c": "counters", "--counters": "counters", "-4": "ipv4", "--ipv4": "ipv4", "-w": "wait", "--wait": "wait",
}  # fmt: skip


@COMMANDS.register("iptables-restore")
def iptables_restore(netns: NetNs, args: Sequence[str]) -> CommandResult:
    """Load rules: iptables-restore [-n] [-t] 'TEXT', with real lines or \\n between them."""
    flags: set[str] = set()
    texts = []
    for word in args:
        if word in ("-h", "--help"):
            raise CommandError("", 0, f"Usage: iptables-restore [-n] [-t] 'TEXT' ({VERSION}, podwalk's model)\n")
        if word in FLAGS:
            flags.add(FLAGS[word])
        elif word.startswith("-") and "\n" not in word:
            raise not_modelled(f"iptables-restore {word.split()[0]}", "modelled: -n, -t (--test)")
        else:
            texts.append(word)
    if len(texts) != 1:
        raise not_modelled("standard input", "give the text itself: iptables-restore -n '*nat\\n-A ...\\nCOMMIT'")
    _load(netns.netfilter, texts[0].replace("\\n", "\n"), flags)
    return said([])


def _load(rules: Ruleset, text: str, flags: set[str]) -> None:
    target = rules
    if "test" in flags:
        target = Ruleset()
        target.restore(rules.save())
    try:
        target.restore(text, flush="noflush" not in flags)
    except RuleError as error:
        where = f"line {error.line} failed" if error.line else "failed"
        raise CommandError(f"iptables-restore {VERSION}: {error.message}\niptables-restore: {where}\n", 1) from None
