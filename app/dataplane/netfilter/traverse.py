"""Walking a packet through one table's chain: every rule that matched, and every one that did not and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address

from app.dataplane.hop import Skipped
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.matches.chance import Statistic
from app.dataplane.netfilter.rule import Chain, Match, Rule, Table, Target
from app.dataplane.netfilter.targets import (
    Accept,
    Dnat,
    Drop,
    Jump,
    Log,
    Masquerade,
    NoTrack,
    Reject,
    Return,
    SetMark,
    Snat,
)

__all__ = ["Marked", "Passed", "Walked", "told", "traverse"]

#: A rule that did not match: its line, the failing term, and the packet as it was then.
Passed = tuple[str, Match | str, Context]
FINAL = Accept | Drop | Reject | Dnat | Snat | Masquerade


@dataclass(frozen=True, slots=True)
class Marked:
    """A MARK target that was passed on the way: its line, the mark before and after."""

    line: str
    before: int
    after: int


@dataclass(slots=True)
class Walked:
    """What happened to a packet in one table at one hook. `target` is the final one, None where the policy decided."""

    table: str
    chain: str
    policy: str
    target: FINAL | None = None
    entry: str = ""
    matched: list[str] = field(default_factory=list)
    skipped: list[Passed] = field(default_factory=list)
    marks: list[Marked] = field(default_factory=list)
    seen: Context | None = None
    is_notrack: bool = False

    @property
    def verdict(self) -> str:
        """What netfilter says of the packet: ACCEPT, DROP, REJECT, or the policy."""
        if self.target is None:
            return f"policy {self.policy}"
        return {"Drop": "DROP", "Reject": "REJECT"}.get(type(self.target).__name__, "ACCEPT")


def traverse(table: Table, hook: str, context: Context) -> Walked:
    """Return what the built-in chain of `hook` decides. Source: ipt_do_table(), net/ipv4/netfilter/ip_tables.c."""
    chain = table.chains[hook]
    walked = Walked(table.name, hook, chain.policy or "ACCEPT")
    _walk(table, chain, context, walked)
    return walked


def _walk(table: Table, chain: Chain, context: Context, walked: Walked) -> bool:
    """Go through a chain; True when a verdict was reached."""
    for rule, line in zip(chain.rules, chain.lines, strict=True):
        failing = _by_chance(table, chain, rule, context) if rule.has_chance else _failing(rule, context)
        if failing is not None:
            if walked.seen is None or walked.seen.mark != context.mark:
                walked.seen = context.as_seen()
            walked.skipped.append((line, failing, walked.seen))
            continue
        target = rule.target
        if target is None or isinstance(target, Log):
            continue
        walked.matched.append(line)
        walked.entry = line
        if isinstance(target, Jump):
            if _walk(table, table.chains[target.chain], context, walked):
                return True
            if target.is_goto:
                return False
        elif isinstance(target, Return):
            return False
        elif isinstance(target, FINAL):
            walked.target = target
            return True
        else:
            _note(target, line, context, walked)
    return False


def _note(target: Target, line: str, context: Context, walked: Walked) -> None:
    """Do what a target does that decides nothing: set the mark, or switch tracking off."""
    if isinstance(target, SetMark):
        after = target.apply(context.mark)
        walked.marks.append(Marked(line, context.mark, after))
        context.mark = after
    elif isinstance(target, NoTrack):
        walked.is_notrack = True


def _failing(rule: Rule, context: Context) -> Match | str | None:
    """Return the first term of the rule that the packet does not fulfil."""
    for term in rule.terms:
        if not term.holds(context):
            return term
    return None


def _by_chance(table: Table, chain: Chain, rule: Rule, context: Context) -> Match | str | None:
    """Return the same for a rule that draws a number; as text where the number decided."""
    for match in rule.terms:
        if isinstance(match, Statistic):
            forced = _forced(table, chain, rule, context)
            if forced is not None:
                if not forced:
                    return f"--probability {match.probability:.11f}: not the one that --pick names"
                continue
            if not match.holds(context):
                return match.because(context)
        elif not match.holds(context):
            return match
    return None


def told(passed: Passed) -> Skipped:
    """Return a rule that did not match with the failing term in words: made only when somebody reads it."""
    line, failing, seen = passed
    return Skipped(line, failing if isinstance(failing, str) else failing.because(seen))


def _forced(table: Table, chain: Chain, rule: Rule, context: Context) -> bool | None:
    """Say whether a random rule shall match, where the network is told which destinations chance shall choose."""
    preferred = context.netns.network.preferred
    if not preferred:
        return None
    all_of_chain = set().union(*(_destinations(table, r.target) for r in chain.rules))
    if not all_of_chain & preferred:
        return None
    return bool(_destinations(table, rule.target) & preferred)


def _destinations(table: Table, target: Target | None) -> set[IPv4Address]:
    """Return where the chain that a rule jumps to sends packets."""
    if not isinstance(target, Jump):
        return set()
    rules = table.chains[target.chain].rules
    return {r.target.to.address for r in rules if isinstance(r.target, Dnat)}
