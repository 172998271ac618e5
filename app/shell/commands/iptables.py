"""`iptables`: show and change packet filter rules. Source: iptables(8), iptables 1.8.9 (nf_tables)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from app.dataplane.netfilter.chain import Chain, Table
from app.dataplane.netfilter.jumps import targets
from app.dataplane.netfilter.parse import parse_rule
from app.dataplane.netfilter.rule import BUILT_IN, Rule, RuleError
from app.dataplane.netfilter.ruleset import Ruleset
from app.dataplane.netfilter.targets import Jump
from app.dataplane.netfilter.words import join_words
from app.shell.iptables.call import Call, read_call
from app.shell.iptables.listing import Style, list_table
from app.shell.iptables.names import check_targets
from app.shell.iptables.refusals import INCOMPATIBLE, NO_CHAIN, exits, fails, not_loaded, refused, usage
from app.shell.result import CommandResult, said
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["iptables"]

ENDS = ("-s", "-d", "--source", "--destination", "--src", "--dst")
NOT_TAKEN = re.compile(r"RULE_APPEND failed \(([^)]*)\)")
BAD_RULE = "Bad rule (does a matching rule exist in that chain?)."


@COMMANDS.register("iptables")
def iptables(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Show and change the rules of this network namespace."""
    netns = at.netns
    call = read_call(args)
    check_targets(call.words)
    rules = netns.netfilter
    for word, name in zip(call.words, call.words[1:], strict=False):
        if word == "--match-set" and name not in netns.ipsets:
            raise usage(f"Set {name} doesn't exist.\n")
    if call.table not in rules.tables:
        hint = "Perhaps iptables or your kernel needs to be upgraded."
        raise exits(f"table '{call.table}' does not exist\n{hint}", 3)
    try:
        return said(ACTIONS[call.command](rules, rules.table(call.table), call))
    except RuleError as error:
        raise refused(error) from None


def _chain(table: Table, name: str) -> Chain:
    if name not in table.chains:
        raise fails(NO_CHAIN)
    return table.chains[name]


def _no_words(call: Call) -> None:
    if call.words:
        raise usage(f"unknown arguments found on commandline: {call.words[0]}")


def _chosen(table: Table, call: Call) -> list[Chain]:
    if call.command in ("-L", "-S") and call.chain and call.chain not in table.chains:
        raise exits(f"chain `{call.chain}' {INCOMPATIBLE.format(table.name)}", 1)
    return [_chain(table, call.chain)] if call.chain else list(table.ordered())


def _number(call: Call) -> int | None:
    """Take a rule's number from the words, if the first is one."""
    if call.words and call.words[0].isdecimal():
        return int(call.words.pop(0)[:9])
    return None


def _list(_: Ruleset, table: Table, call: Call) -> list[str]:
    number = _number(call) if call.chain else None
    _no_words(call)
    style = Style(*(flag in call.flags for flag in ("numeric", "verbose", "exact", "numbers")))
    lines = list_table(table, _chosen(table, call), style)
    return lines if number is None else lines[1 + number : 2 + number] if number else []


def _list_rules(_: Ruleset, table: Table, call: Call) -> list[str]:
    number = _number(call) if call.chain else None
    _no_words(call)
    chains = _chosen(table, call)
    if number is not None:
        return list(chains[0].lines[number - 1 : number]) if number else []
    heads = [f"-P {c.name} {c.policy}" if c.policy is not None else f"-N {c.name}" for c in chains]
    return [*heads, *(line for c in chains for line in c.lines)]


def _edit(rules: Ruleset, table: Table, call: Call, line: str, act: str) -> list[str]:
    """Load the rules that the words mean, so that jumps and loops are checked as for a whole text."""
    _chain(table, call.chain)
    every = list(_expanded(call.words))
    text = "".join(f"{line} {join_words(words)}\n" for words in every)
    try:
        rules.restore(f"*{table.name}\n{text}COMMIT\n", flush=False)
    except RuleError as error:
        if error.message.startswith(("Loop found", "Too many levels")):
            raise not_loaded(act, "Too many links", call.chain) from None
        if found := NOT_TAKEN.match(error.message):
            raise not_loaded(act, found[1], call.chain) from None
        if error.message.startswith("Chain '"):
            raise usage(error.message.partition(";")[0]) from None
        raise
    return []


def _expanded(words: Sequence[str]) -> Iterator[list[str]]:
    """Yield the words of each rule that `-s A,B -d C,D` stands for, in iptables' order."""
    for index, word in enumerate(words[1:], 1):
        if words[index - 1] in ENDS and "," in word:
            for part in word.split(","):
                yield from _expanded([*words[:index], part, *words[index + 1 :]])
            return
    yield list(words)


def _append(rules: Ruleset, table: Table, call: Call) -> list[str]:
    return _edit(rules, table, call, f"-A {call.chain}", "RULE_APPEND")


def _insert(rules: Ruleset, table: Table, call: Call) -> list[str]:
    number = _number(call)
    position = 1 if number is None else number
    if not 1 <= position <= len(_chain(table, call.chain).rules) + 1:
        raise fails("Index of insertion too big.") if position else usage(f"Invalid rule number `{position}'")
    return _edit(rules, table, call, f"-I {call.chain} {position}", "RULE_INSERT")


def _replace(rules: Ruleset, table: Table, call: Call) -> list[str]:
    number = _number(call)
    if number is None:
        raise usage("-R requires a rule number")
    if not 1 <= number <= len(_chain(table, call.chain).rules):
        raise fails("Index of replacement too big.")
    _edit(rules, table, call, f"-I {call.chain} {number}", "RULE_REPLACE")
    now = rules.table(table.name)
    now.put(now.chains[call.chain].without(number))
    return []


def _delete(rules: Ruleset, table: Table, call: Call) -> list[str]:
    chain = _chain(table, call.chain)
    number = _number(call)
    if number is None:
        rules.delete_rule(table, call.chain, parse_rule(call.words))
    elif not number:
        raise usage(f"Invalid rule number `{number}'")
    elif number <= len(chain.rules):
        table.put(chain.without(number - 1))
    else:
        raise fails("Index of deletion too big.")
    return []


def _check(_: Ruleset, table: Table, call: Call) -> list[str]:
    if call.chain not in table.chains or parse_rule(call.words) not in table.chains[call.chain].rules:
        raise fails(BAD_RULE)
    return []


def _flush(_: Ruleset, table: Table, call: Call) -> list[str]:
    _no_words(call)
    for chain in _chosen(table, call):
        table.put(chain.emptied())
    return []


def _zero(_: Ruleset, table: Table, call: Call) -> list[str]:
    """Counters are always 0; only the chain must be there."""
    _chosen(table, call)
    return []


def _new(_: Ruleset, table: Table, call: Call) -> list[str]:
    _no_words(call)
    if call.chain in table.chains:
        raise fails("Chain already exists.")
    table.put(Chain(call.chain))
    return []


def _delete_chain(rules: Ruleset, table: Table, call: Call) -> list[str]:
    _no_words(call)
    if call.chain in BUILT_IN[table.name]:
        raise exits(f" CHAIN_DEL failed (Device or resource busy): chain {call.chain}", 4)
    if call.chain:
        rules.delete_chain(table, call.chain)
        return []
    for name in [name for name in table.chains if name not in BUILT_IN[table.name]]:
        rules.delete_chain(table, name)
    return []


def _policy(_: Ruleset, table: Table, call: Call) -> list[str]:
    if not call.words:
        raise usage("-P requires a chain and a policy")
    if call.chain not in BUILT_IN[table.name]:
        raise fails("Bad built-in chain name.")
    if call.words[0] not in ("ACCEPT", "DROP"):
        raise fails("Bad policy name. Run `dmesg' for more information.")
    table.put(table.chains[call.chain].with_policy(call.words[0]))
    return []


def _rename(_: Ruleset, table: Table, call: Call) -> list[str]:
    if len(call.words) != 1 or call.words[0].startswith(("-", "!")):
        raise usage("-E requires old-chain-name and new-chain-name")
    old, new = _chain(table, call.chain), call.words[0]
    if new in table.chains:
        raise fails("File exists.")
    if old.policy is not None:
        raise fails(NO_CHAIN)
    table.chains.drop(old.name)
    table.put(old.renamed(new))
    for chain in list(table.chains.values()):
        if old.name in targets(chain):
            rules = [_redirected(rule, old.name, new) for rule in chain.rules]
            table.put(Chain(chain.name, chain.policy, rules))
    return []


def _redirected(rule: Rule, old: str, new: str) -> Rule:
    if isinstance(rule.target, Jump) and rule.target.chain == old:
        return Rule(rule.matches, Jump(new, rule.target.is_goto))
    return rule


ACTIONS: dict[str, Callable[[Ruleset, Table, Call], list[str]]] = {
    "-A": _append, "-I": _insert, "-D": _delete, "-R": _replace, "-C": _check, "-L": _list, "-S": _list_rules,
    "-F": _flush, "-Z": _zero, "-N": _new, "-X": _delete_chain, "-P": _policy, "-E": _rename,
}  # fmt: skip
