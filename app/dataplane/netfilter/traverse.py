"""Walking a packet through one table's chain: every rule that matched, and every one that did not and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import cast, get_args

from msgspec import Struct

from app.dataplane.netfilter.chain import Chain, Table
from app.dataplane.netfilter.chainindex import INDEX_FROM
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.evidence import Passed, Run, TableEvidence
from app.dataplane.netfilter.matches.chance import Statistic
from app.dataplane.netfilter.rule import Match, Rule, Target
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

__all__ = ["Marked", "Walked", "traverse"]


FINAL = Accept | Drop | Reject | Dnat | Snat | Masquerade
FINAL_TYPES = frozenset(get_args(FINAL))
#: So many rules of one table are always paid for at its end only.
CHEAP = 500
VERDICTS = {Drop: "DROP", Reject: "REJECT"}


@dataclass(frozen=True, slots=True)
class Marked:
    """A MARK target that was passed on the way: its line, the mark before and after."""

    line: str
    before: int
    after: int


class Walked(Struct):
    """What happened to a packet in one table at one hook. `target` is the final one, None where the policy decided."""

    table: str
    chain: str
    policy: str
    target: FINAL | None = None
    entry: str = ""
    matched: list[str] = []
    skipped: list[Passed] = []
    marks: list[Marked] = []
    seen: Context | None = None
    is_notrack: bool = False

    @property
    def verdict(self) -> str:
        """What netfilter says of the packet: ACCEPT, DROP, REJECT, or the policy."""
        if self.target is None:
            return f"policy {self.policy}"
        return VERDICTS.get(type(self.target), "ACCEPT")

    @property
    def has_matched(self) -> bool:
        """Whether any rule matched."""
        return bool(self.matched)

    @property
    def is_dropped(self) -> bool:
        """Whether the packet ends here without a word."""
        return isinstance(self.target, Drop) or (self.target is None and self.policy == "DROP")

    def evidence(self) -> TableEvidence:
        """Return what decided."""
        return TableEvidence(self.table, self.entry, self.skipped, tuple(self.matched), self.verdict)

    def marked(self) -> Iterator[tuple[int, int, TableEvidence]]:
        """Yield each setting of the mark: what it was, what it became, the rule."""
        for mark in self.marks:
            yield mark.before, mark.after, TableEvidence(self.table, mark.line, [], (mark.line,), "")


def traverse(table: Table, chain: Chain, context: Context) -> Walked:
    """Return what a built-in chain decides. Source: ipt_do_table(), net/ipv4/netfilter/ip_tables.c."""
    walked = Walked(table.name, chain.name, chain.policy or "ACCEPT")
    _walk(table, chain, context, walked)
    _pay(context, walked, is_over=True)
    return walked


def _pay(context: Context, walked: Walked, *, is_over: bool = False) -> None:
    """Count what the packet has asked so far; a run of rules that the index passed over is one."""
    asked, netns = len(walked.matched) + len(walked.skipped), context.netns
    netns.network.budget.pay(asked, (netns.name, walked.table, walked.chain), is_over=is_over)


def _walk(table: Table, chain: Chain, context: Context, walked: Walked) -> bool:
    """Go through a chain; True when a verdict was reached."""
    rules, lines, skipped = chain.rules, chain.lines, walked.skipped
    before = 0
    for position in range(len(rules)) if len(rules) < INDEX_FROM else chain.index.candidates(context.ip):
        if position > before:
            skipped.append(Run(chain, before, position, _seen(context, walked)))
        before = position + 1
        rule = rules[position]
        failing: Match | str | None = None
        if rule.has_chance:
            failing = _by_chance(table, chain, rule, context)
        else:
            for term in rule.terms:
                if not term.holds(context):
                    failing = term
                    break
        if failing is not None:
            skipped.append((lines[position], failing, _seen(context, walked)))
            continue
        is_over = _act(table, rule.target, lines[position], context, walked)
        if is_over is not None:
            return is_over
    if before < len(rules):
        skipped.append(Run(chain, before, len(rules), _seen(context, walked)))
    return False


def _seen(context: Context, walked: Walked) -> Context:
    """Return the packet as it is now, for who reads of it later: the mark may change on the way."""
    seen = walked.seen
    if seen is None or seen.mark != context.mark:
        seen = walked.seen = context.as_seen()
    return seen


def _act(table: Table, target: Target | None, line: str, context: Context, walked: Walked) -> bool | None:
    """Do what the rule says; True: that is the verdict, False: back to the calling chain, None: on to the next rule."""
    kind = type(target)
    if target is None or kind is Log:
        return None
    walked.matched.append(line)
    walked.entry = line
    if isinstance(target, Jump):
        if len(walked.matched) + len(walked.skipped) > CHEAP:
            _pay(context, walked)
        chain = table.chains.get(target.chain)  # None: dropped by its daemon (Ruleset.drop_chains)
        if chain is not None and _walk(table, chain, context, walked):
            return True
        return False if target.is_goto else None
    if kind is Return:
        return False
    if kind in FINAL_TYPES:
        walked.target = cast("FINAL", target)
        return True
    _note(target, line, context, walked)
    return None


def _note(target: Target, line: str, context: Context, walked: Walked) -> None:
    """Do what a target does that decides nothing: set the mark, or switch tracking off."""
    if isinstance(target, SetMark):
        after = target.apply(context.mark)
        walked.marks.append(Marked(line, context.mark, after))
        context.mark = after
    elif isinstance(target, NoTrack):
        walked.is_notrack = True


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
    chain = table.chains.get(target.chain)
    rules = chain.rules if chain is not None else ()
    return {r.target.to.address for r in rules if isinstance(r.target, Dnat) and r.target.to.address is not None}
