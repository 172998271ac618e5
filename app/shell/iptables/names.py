"""What a chain or a target may be called. Source: iptables 1.8.9, xshared.c, parse_chain() and parse_target()."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from app.dataplane.netfilter.targetwords import TARGETS, UNMODELLED_TARGETS
from app.shell.iptables.refusals import usage

__all__ = ["check_chain", "check_targets"]

LONGEST = 28
"""XT_EXTENSION_MAXNAMELEN less the end of the string."""
#: Extensions that can be loaded as targets; the empty name loads the standard one.
TARGET_NAMES = UNMODELLED_TARGETS | TARGETS.keys() | {"", "ACCEPT", "DROP", "QUEUE", "RETURN"}
JUMPS = ("-j", "--jump", "-g", "--goto")


def check_chain(name: str, *, is_new: bool) -> None:
    """Refuse a name that no chain can have; of a new chain's name more is asked."""
    if len(name) > LONGEST:
        raise usage(f"chain name `{name}' too long (must be under {LONGEST + 1} chars)")
    if not is_new:
        return
    if name.startswith(("-", "!")):
        raise usage(f"chain name not allowed to start with `{name[0]}'")
    if name in TARGET_NAMES:
        raise usage("chain name may not clash with target name")
    if any(letter.isspace() for letter in name):
        raise usage(f"Invalid chain name `{name}'")


def check_targets(words: Sequence[str]) -> None:
    """Refuse a rule's words where what it jumps to can be no name."""
    for option, name in pairwise(words):
        if option not in JUMPS:
            continue
        if not name:
            raise usage("Invalid target name (too short)")
        if len(name) > LONGEST:
            raise usage(f"Invalid target name `{name}' ({LONGEST} chars max)")
        if any(letter.isspace() for letter in name):
            raise usage(f"Invalid target name `{name}'")
