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
    layers = () if chains.hides() else tuple(chains.layers)
    if _of_layers(layers, table.name) is None:
        layers = ()
    allowed = _allowed(chains.own() if layers else chains, layers, table.name)
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
    return {**below, **_allowed(layer, layers[:-1], table)}


def _allowed(
    chains: Mapping[str, Chain], layers: tuple[Layer[str, Chain], ...], table: str
) -> dict[str, frozenset[str]]:
    """Return the hooks that each chain may be reached from, what it jumps to included. Raises RuleError."""
    found: dict[str, frozenset[str]] = {}
    jumps: dict[str, tuple[str, ...]] = {}
    for name, chain in chains.items():
        through, jumps[name] = _through(chain, layers, table)
        found[name] = _own(table, chain) & through
    is_settled = False
    while not is_settled:
        is_settled = True
        for name, reached in jumps.items():
            new = found[name].intersection(*(found.get(target, EVERY) for target in reached))
            is_settled = is_settled and new == found[name]
            found[name] = new
    return found


@lru_cache(maxsize=4096)
def _through(chain: Chain, layers: tuple[Layer[str, Chain], ...], table: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the hooks that the layers' chains which it jumps to are taken at, and its other jumps."""
    known = _of_layers(layers, table) or {}
    reached = dict.fromkeys(targets(chain))
    others = tuple(target for target in reached if target not in known)
    return EVERY.intersection(*(known[target] for target in reached if target in known)), others


@lru_cache(maxsize=4096)
def _own(table: str, chain: Chain) -> frozenset[str]:
    """Return the hooks at which the chain's own rules are taken. Raises RuleError for one that is taken at none."""
    hooks, name = EVERY, chain.name
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
