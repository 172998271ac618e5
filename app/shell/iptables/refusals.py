"""What iptables says when it refuses. Source: iptables 1.8.9, iptables/nft.c (nft_strerror), xshared.c, libxtables."""

from __future__ import annotations

from app.dataplane.netfilter.rule import RuleError
from app.shell.result import CommandError

__all__ = ["NAME", "VERSION", "exits", "fails", "refused", "usage"]

VERSION = "v1.8.9 (nf_tables)"
NAME = f"iptables {VERSION}"
NO_CHAIN = "No chain/target/match by that name."
KERNEL_SAYS = (NO_CHAIN, "Bad rule", "Index of", "Chain already exists", "Bad built-in chain name", "Bad policy name")
BUSY = "CHAIN_DEL failed"


def fails(message: str) -> CommandError:
    """Return a refusal of the kernel: exit code 1."""
    return CommandError(f"iptables: {message}\n", 1)


def usage(message: str) -> CommandError:
    """Return a refusal of the command line: exit code 2."""
    hint = "Try `iptables -h' or 'iptables --help' for more information."
    return CommandError(f"{NAME}: {message}\n{hint}\n", 2)


def exits(message: str, code: int) -> CommandError:
    """Return a refusal with the version in front and no hint."""
    return CommandError(f"{NAME}: {message}\n", code)


def refused(error: RuleError) -> CommandError:
    """Return a RuleError of the rule set as iptables says it."""
    if error.message.startswith(BUSY):
        return exits(f" {error.message}", 4)
    if error.message.startswith(KERNEL_SAYS):
        return fails(error.message)
    return usage(error.message)
