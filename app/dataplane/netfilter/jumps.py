"""Refusing jumps to chains that are not there, loops, and jumps too deep, as the kernel does when a table is loaded.

Layers that many nodes share are looked at once. Source: mark_source_chains(), net/ipv4/netfilter/ip_tables.c;
nft_chain_validate(), net/netfilter/nf_tables_api.c.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from app.core.errors import did_you_mean
from app.dataplane.netfilter.chain import Chain, Table
from app.dataplane.netfilter.layers import Layer
from app.dataplane.netfilter.rule import RuleError
from app.dataplane.netfilter.targets import Jump

__all__ = ["JUMP_DEPTH", "check_jumps"]

#: Jumps into jumps; the kernel's stack holds as many. Source: NFT_JUMP_STACK_SIZE.
JUMP_DEPTH = 16
Depths = Mapping[str, int]
NONE: Depths = MappingProxyType({})


def check_jumps(table: Table) -> None:
    """Raise RuleError for a jump that the kernel would not take."""
    layers = () if table.chains.hides() else table.chains.layers
    closed = _closed(layers) if layers else None
    if closed is None:
        _Check(table, (), NONE).run(table.chains)
    else:
        _Check(table, layers, closed).run(table.chains.own())


def targets(chain: Chain) -> Iterator[str]:
    """Yield the chains that a chain jumps to."""
    return (rule.target.chain for rule in chain.rules if isinstance(rule.target, Jump))


class _Check:
    """Goes from chain to chain, depth first. `closed`: chains that were found in order, and how deep they jump."""

    def __init__(self, table: Table, layers: tuple[Layer[Chain], ...], closed: Depths) -> None:
        self.table = table
        self.layers = layers
        self.closed = closed
        self.depths: dict[str, int] = {}

    def run(self, names: Mapping[str, Chain]) -> None:
        """Look at every chain of `names`."""
        for name in names:
            self._depth(name, [])

    def _depth(self, name: str, path: list[str]) -> int:
        """Return how many jumps deep a chain goes; `path` leads to it."""
        if name in path:
            raise RuleError(f"Loop found in table: {' -> '.join([*path[path.index(name) :], name])}")
        depth = self.closed.get(name)
        if depth is None:
            depth = self.depths.get(name)
        if depth is None:
            chain = self.table.chains.get(name)
            if chain is None:
                raise RuleError(f"there is no chain or target '{name}'{did_you_mean(name, self.table.chains)}")
            depth = _depth_over(chain, self.layers) if self.layers else None
            if depth is None:
                below = [*path, name]
                if len(below) > JUMP_DEPTH + 1:
                    self._too_deep(below)
                depth = max((1 + self._depth(target, below) for target in targets(chain)), default=0)
            self.depths[name] = depth
        if len(path) + depth > JUMP_DEPTH:
            self._too_deep([*path, name])
        return depth

    @staticmethod
    def _too_deep(path: list[str]) -> None:
        raise RuleError(f"Too many levels of jumps ({JUMP_DEPTH}): {path[0]} ... {path[-1]}")


@lru_cache(maxsize=1024)
def _depth_over(chain: Chain, layers: tuple[Layer[Chain], ...]) -> int | None:
    """Return the depth of a chain that jumps only to chains of the layers, else None."""
    closed = _closed(layers) or NONE
    depths = [closed.get(target) for target in targets(chain)]
    return None if None in depths else max((1 + depth for depth in depths if depth is not None), default=0)


@lru_cache(maxsize=64)
def _closed(layers: tuple[Layer[Chain], ...]) -> Depths | None:
    """Return the depth of every chain of the layers; None where one jumps out of them."""
    if not layers:
        return NONE
    below = _closed(layers[:-1])
    if below is None:
        return None
    depths = dict(below)
    for name in layers[-1]:
        if not _measure(name, layers[-1], depths, []):
            return None
    return depths


def _measure(name: str, layer: Layer[Chain], depths: dict[str, int], path: list[str]) -> bool:
    """Enter the depth of a chain into `depths`; False where it jumps out of the layer and those below it."""
    if name in depths:
        return True
    if name not in layer:
        return False
    if name in path:
        raise RuleError(f"Loop found in table: {' -> '.join([*path[path.index(name) :], name])}")
    below = [*path, name]
    if len(below) > JUMP_DEPTH + 1:
        raise RuleError(f"Too many levels of jumps ({JUMP_DEPTH}): {below[0]} ... {name}")
    if not all(_measure(target, layer, depths, below) for target in targets(layer[name])):
        return False
    depths[name] = max((1 + depths[target] for target in targets(layer[name])), default=0)
    return True
