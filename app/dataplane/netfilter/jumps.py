"""Refusing jumps to chains that are not there, and from a built-in chain loops and jumps too deep, as the kernel does.

What no built-in chain reaches may even go in circles: the kernel looks from the base chains only. Layers that many
nodes share are looked at once. Source: nft_chain_validate() and nft_table_validate(), net/netfilter/nf_tables_api.c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from app.core.errors import did_you_mean
from app.dataplane.layers import Layer
from app.dataplane.netfilter.chain import Chain, Table
from app.dataplane.netfilter.rule import BUILT_IN, RuleError
from app.dataplane.netfilter.targets import Jump

__all__ = ["JUMP_DEPTH", "check_jumps"]

#: Jumps into jumps that a packet may be in. Source: the level at NFT_JUMP_STACK_SIZE, 16, is refused.
JUMP_DEPTH = 15
#: Deeper than any table: a way that comes back to where it was.
ENDLESS = 1_000_000
Depths = Mapping[str, int]
Jumps = tuple[int, Iterable[str]]
NONE: Depths = MappingProxyType({})


class _MissingError(Exception):
    """A jump to a chain that is not there."""


def check_jumps(table: Table) -> None:
    """Raise RuleError for a jump that the kernel would not take."""
    chains = table.chains
    layers = () if chains.hides() else chains.layers
    closed = _closed(layers) if layers else None
    names: Iterable[str] = chains if closed is None else chains.own()

    def jumps(name: str) -> Jumps:
        chain = chains.get(name)
        if chain is None:
            raise RuleError(f"Chain '{name}' does not exist{did_you_mean(name, chains)}")
        return _over(chain, layers) if closed is not None else (0, targets(chain))

    depths = _measured(names, jumps, NONE if closed is None else closed)
    for name in BUILT_IN[table.name]:
        if depths.get(name, 0) > JUMP_DEPTH:
            raise RuleError(_told(table, name))


def targets(chain: Chain) -> Iterator[str]:
    """Yield the chains that a chain jumps to."""
    return (rule.target.chain for rule in chain.rules if isinstance(rule.target, Jump))


def _measured(names: Iterable[str], jumps: Callable[[str], Jumps], known: Depths) -> dict[str, int]:
    """Return how many jumps deep each chain goes; ENDLESS where it comes back to itself.

    `jumps` gives the depth that is known of a chain, and its jumps that may make it deeper. Without recursion: chains
    may follow each other for thousands.
    """
    found: dict[str, int] = {}
    for root in names:
        if root in found:
            continue
        path: dict[str, Iterator[str]] = {}
        deepest = [0]
        entered = root
        while True:
            depth_so_far, further = jumps(entered)
            path[entered] = iter(further)
            deepest.append(depth_so_far)
            entered = ""
            while path and not entered:
                name = next(reversed(path))
                for target in path[name]:
                    depth = known.get(target, found.get(target))
                    if depth is None and target in path:
                        depth = ENDLESS
                    if depth is None:
                        entered = target
                        break
                    deepest[-1] = max(deepest[-1], 1 + depth)
                if not entered:
                    del path[name]
                    found[name] = min(deepest.pop(), ENDLESS)
                    deepest[-1] = max(deepest[-1], 1 + found[name])
            if not path:
                break
    return found


def _told(table: Table, name: str) -> str:
    """Return what is wrong with the jumps from a built-in chain."""
    path = [name]
    while len(path) <= JUMP_DEPTH:
        depths = _measured(targets(table.chains[path[-1]]), lambda chain: (0, targets(table.chains[chain])), NONE)
        path.append(max(targets(table.chains[path[-1]]), key=lambda chain: depths[chain]))
        if path[-1] in path[:-1]:
            return f"Loop found in table: {' -> '.join(path[path.index(path[-1]) :])}"
    return f"Too many levels of jumps ({JUMP_DEPTH}): {path[0]} ... {path[-1]}"


@lru_cache(maxsize=1024)
def _over(chain: Chain, layers: tuple[Layer[str, Chain], ...]) -> Jumps:
    """Return how deep a chain goes through the layers, and its jumps to other chains."""
    closed = _closed(layers) or NONE
    reached = dict.fromkeys(targets(chain))
    depth = max((1 + closed[target] for target in reached if target in closed), default=0)
    return depth, tuple(target for target in reached if target not in closed)


@lru_cache(maxsize=64)
def _closed(layers: tuple[Layer[str, Chain], ...]) -> Depths | None:
    """Return the depth of every chain of the layers; None where one jumps out of them."""
    if not layers:
        return NONE
    below, layer = _closed(layers[:-1]), layers[-1]
    if below is None:
        return None

    def jumps(name: str) -> Jumps:
        if name not in layer:
            raise _MissingError
        return 0, targets(layer[name])

    try:
        return {**below, **_measured(layer, jumps, below)}
    except _MissingError:
        return None
