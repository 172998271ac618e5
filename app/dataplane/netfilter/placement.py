"""Which targets a table takes, and in the chains of which hooks: what the kernel asks when a rule is loaded.

Sources: Linux `.table` and `.hooks` of each struct xt_target (nf_nat_masquerade, xt_nat.c, ipt_REJECT.c, xt_CT.c);
xt_physdev.c, physdev_mt_check(); net/netfilter/nft_compat.c, nft_target_validate().
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from app.dataplane.layers import Layer
from app.dataplane.netfilter.chain import Chain, Table
from app.dataplane.netfilter.jumps import targets
from app.dataplane.netfilter.matches.basic import InInterface, OutInterface
from app.dataplane.netfilter.matches.place import Physdev
from app.dataplane.netfilter.rule import BUILT_IN, Rule, RuleError
from app.dataplane.netfilter.targets import Dnat, Drop, Jump, Masquerade, NoTrack, Reject, Snat

__all__ = ["check_placement"]

PLACES: dict[type, tuple[str, frozenset[str]]] = {
    Dnat: ("nat", frozenset({"PREROUTING", "OUTPUT"})),
    Snat: ("nat", frozenset({"POSTROUTING", "INPUT"})),
    Masquerade: ("nat", frozenset({"POSTROUTING"})),
    Reject: ("filter", frozenset({"INPUT", "FORWARD", "OUTPUT"})),
    NoTrack: ("raw", frozenset({"PREROUTING", "OUTPUT"})),
}
NO_OUT, NO_IN = ("PREROUTING", "INPUT"), ("POSTROUTING", "OUTPUT")
NO_DROP = '\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n'
EVERY = frozenset(BUILT_IN["mangle"])
INVALID, UNSUPPORTED = "Invalid argument", "Operation not supported"


def check_placement(table: Table) -> None:
    """Refuse a loaded table with a rule that the kernel would not take where it stands. Raises RuleError.

    What layers that many nodes share reach is looked at once.
    """
    chains = table.chains
    known = None if chains.hides() else _of_layers(tuple(chains.layers), table.name)
    names = chains if known is None else chains.own()
    allowed = _allowed({name: chains[name] for name in names}, known or {}, table.name)
    for hook in BUILT_IN[table.name]:
        if hook not in allowed.get(hook, EVERY):
            raise _not_taken(INVALID, hook)


@lru_cache(maxsize=64)
def _of_layers(layers: tuple[Layer[str, Chain], ...], table: str) -> Mapping[str, frozenset[str]] | None:
    """Return the hooks that each chain of the layers may be reached from; None where one jumps out of them."""
    if not layers:
        return {}
    below, layer = _of_layers(layers[:-1], table), layers[-1]
    if below is None or any(t not in layer and t not in below for chain in layer.values() for t in targets(chain)):
        return None
    return {**below, **_allowed(layer, below, table)}


def _allowed(chains: Mapping[str, Chain], known: Mapping[str, frozenset[str]], table: str) -> dict[str, frozenset[str]]:
    """Return the hooks that each chain may be reached from, what it jumps to included. Raises RuleError."""
    found = {name: _own(table, name, chain) for name, chain in chains.items()}
    jumps = {name: frozenset(targets(chain)) for name, chain in chains.items()}
    is_settled = False
    while not is_settled:
        is_settled = True
        for name, reached in jumps.items():
            new = found[name].intersection(*(found[t] if t in found else known.get(t, EVERY) for t in reached))
            is_settled = is_settled and new == found[name]
            found[name] = new
    return found


def _own(table: str, name: str, chain: Chain) -> frozenset[str]:
    """Return the hooks at which the chain's own rules are taken. Raises RuleError for one that is taken at none."""
    hooks = EVERY
    for rule in chain.rules:
        _check_interfaces(name, rule)
        target = rule.target
        if isinstance(target, Jump) and target.chain in BUILT_IN[table]:
            raise _not_taken(UNSUPPORTED, name)
        if isinstance(target, Drop) and table == "nat":
            raise RuleError(NO_DROP)
        if type(target) in PLACES:
            only_table, only_hooks = PLACES[type(target)]
            if only_table != table:
                raise _not_taken(INVALID, name)
            hooks &= only_hooks
    return hooks


def _check_interfaces(chain: str, rule: Rule) -> None:
    """Refuse a term about an interface that a packet of that hook does not have yet, or has no more."""
    if chain not in EVERY:
        return
    for term in rule.terms:
        if isinstance(term, OutInterface) and chain in NO_OUT:
            raise RuleError(f"Can't use -o with {chain}")
        if isinstance(term, InInterface) and chain in NO_IN:
            raise RuleError(f"Can't use -i with {chain}")
        if isinstance(term, Physdev) and chain == "OUTPUT" and term.asks_way_out:
            raise _not_taken(INVALID, chain)


def _not_taken(reason: str, chain: str) -> RuleError:
    return RuleError(f"RULE_APPEND failed ({reason}): rule in chain {chain}")
