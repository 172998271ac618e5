"""What iptables says when it refuses. Source: iptables 1.8.9, iptables/nft.c (nft_strerror), xshared.c, libxtables."""

from __future__ import annotations

import re

from app.dataplane.netfilter.rule import NotModelledError, RuleError
from app.shell.result import CommandError

__all__ = ["INCOMPATIBLE", "KERNEL_SAYS", "NAME", "VERSION", "exits", "fails", "not_loaded", "refused", "usage"]

VERSION = "v1.8.9 (nf_tables)"
NAME = f"iptables {VERSION}"
HINT = "Try `iptables -h' or 'iptables --help' for more information."
NO_CHAIN = "No chain/target/match by that name."
INCOMPATIBLE = "in table `{}' is incompatible, use 'nft' tool."
KERNEL_SAYS = (NO_CHAIN, "Bad rule", "Index of", "Chain already exists", "Bad built-in chain name", "Bad policy name")
BUSY = "CHAIN_DEL failed"
LOAD = re.compile(r"(Couldn't load match `[^']*')")
WORD = re.compile(r"Bad argument `(.*)'")
#: What libxtables' option parser says ends with a line of its own.
XTOPT = re.compile(r"\w+: (option|bad (integer )?value)|log level |Argument must have|Can't use -")


def fails(message: str) -> CommandError:
    """Return a refusal of the kernel: exit code 1."""
    return CommandError(f"iptables: {message}\n", 1)


def usage(message: str) -> CommandError:
    """Return a refusal of the command line: exit code 2."""
    return CommandError(f"{NAME}: {message}\n{HINT}\n", 2)


def exits(message: str, code: int) -> CommandError:
    """Return a refusal with the version in front and no hint."""
    return CommandError(f"{NAME}: {message}\n", code)


def refused(error: RuleError) -> CommandError:
    """Return a RuleError of the rule set as iptables says it."""
    if error.message.startswith(BUSY):
        return exits(f" {error.message}", 4)
    if error.message.startswith(KERNEL_SAYS):
        return fails(error.message)
    if found := LOAD.match(error.message):
        return usage(f"{found[1]}:No such file or directory\n")
    if found := WORD.fullmatch(error.message):
        return CommandError(f"Bad argument `{found[1]}'\n{HINT}\n", 2)
    if isinstance(error, NotModelledError):
        return CommandError(f"{error.message}\n", 2)
    if XTOPT.match(error.message):
        return usage(f"{error.message}\n")
    return usage(error.message.replace("option `-j'", 'option "-j"'))


def not_loaded(what: str, why: str, chain: str) -> CommandError:
    """Return the kernel's refusal of a rule that could be read: exit code 4."""
    return exits(f" {what} failed ({why}): rule in chain {chain}", 4)
