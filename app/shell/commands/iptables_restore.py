"""`iptables-restore`: load rules from text. Source: iptables-restore(8), iptables 1.8.9 (nf_tables).

Besides standard input and a file it takes the text itself, for one line of `podwalk --before`.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.dataplane.netfilter.rule import NotModelledError, RuleError
from app.dataplane.netfilter.ruleset import Ruleset
from app.shell.iptables.refusals import KERNEL_SAYS, VERSION
from app.shell.result import CommandError, CommandResult, not_modelled, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["iptables_restore"]

NAME = f"iptables-restore {VERSION}"
HINT = "Try `iptables-restore -h' or 'iptables-restore --help' for more information."
NO_COMMIT = "COMMIT is missing"
FLAGS = {
    "-n": "noflush", "--noflush": "noflush", "-t": "test", "--test": "test", "-v": "verbose", "--verbose": "verbose",
    "-c": "counters", "--counters": "counters", "-4": "ipv4", "--ipv4": "ipv4", "-w": "wait", "--wait": "wait",
}  # fmt: skip


@COMMANDS.register("iptables-restore")
def iptables_restore(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Load rules: iptables-restore [-n] [-t] < FILE, or FILE, or 'TEXT' with \\n between its lines."""
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
    if not texts and at.is_piped:
        texts = [at.input()]
    elif len(texts) == 1 and at.fs.is_file(texts[0]):
        texts = [at.fs.read(texts[0])]
    if len(texts) != 1:
        hint = "pipe the rules in, name a file, or give the text: iptables-restore -n '*nat\\n-A ...\\nCOMMIT'"
        raise not_modelled("typing rules at iptables-restore", hint)
    _load(at.netns.netfilter, texts[0].replace("\\n", "\n"), flags)
    return said([])


def _load(rules: Ruleset, text: str, flags: set[str]) -> None:
    target = rules
    if "test" in flags:
        target = Ruleset()
        target.restore(rules.save())
    try:
        target.restore(text, flush="noflush" not in flags)
    except RuleError as error:
        raise _refused(error) from None


def _refused(error: RuleError) -> CommandError:
    """Return a refusal as the real one says it: of the kernel, of the rule set, or of the words of a line."""
    if isinstance(error, NotModelledError):
        return CommandError(f"{error.message}\niptables-restore: line {error.line} failed\n", 2)
    if error.message.startswith("RULE_APPEND failed"):
        return CommandError(f"{NAME}: \nline {error.line}: {error.message}\n", 4)
    if error.message.startswith(KERNEL_SAYS):
        return CommandError(f"iptables-restore: line {error.line} failed: {error.message}\n", 1)
    if error.message.startswith(NO_COMMIT):
        return CommandError(f"iptables-restore: COMMIT expected at line {error.line + 1}\n", 1)
    what = error.message if error.message.startswith("Bad argument") else f"{NAME}: {error.message}"
    return CommandError(f"{what}\nError occurred at line: {error.line}\n{HINT}\n", 2)
