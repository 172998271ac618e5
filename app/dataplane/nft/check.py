"""What the kernel looks for in the rules that base chains can reach: loops, too deep jumps, statements out of place.

Source: Linux nf_tables_api.c, nft_chain_validate(), nft_table_validate(); nft_nat.c, nft_masq.c (validate).
"""

from __future__ import annotations

from collections.abc import Iterator

from app.dataplane.netfilter.targets import Dnat, Masquerade
from app.dataplane.nft.chain import Chain, Rule
from app.dataplane.nft.errors import NOT_SUPPORTED, TOO_MANY_LINKS, process
from app.dataplane.nft.statements import Nat, Select
from app.dataplane.nft.table import Table

__all__ = ["check_table"]

JUMP_DEPTH = 16
"""NFT_JUMP_STACK_SIZE."""
HOOKS = {"dnat": ("prerouting", "output"), "snat": ("postrouting", "input"), "masquerade": ("postrouting",)}


def check_table(table: Table) -> None:
    """Raise NftError for a chain that leads back to itself, or a nat statement where there is no nat of its kind."""
    done: dict[tuple[str, str, str], int] = {}
    for chain in table.chains.values():
        if chain.base is not None:
            _visit(table, chain, (chain.base.type, chain.base.hook), 0, done)


def _visit(
    table: Table, chain: Chain, where: tuple[str, str], depth: int, done: dict[tuple[str, str, str], int]
) -> None:
    if depth > JUMP_DEPTH:
        raise process(TOO_MANY_LINKS)
    key = (chain.name, *where)
    if done.get(key, -1) >= depth:
        return
    done[key] = depth
    for rule in chain.rules:
        nat = rule.nat()
        if nat is not None and (where[0] != "nat" or where[1] not in HOOKS[_kind(nat)]):
            raise process(NOT_SUPPORTED)
        for name in _targets(table, rule):
            _visit(table, table.chains[name], where, depth + 1, done)


def _kind(nat: Nat) -> str:
    return "masquerade" if isinstance(nat.target, Masquerade) else "dnat" if isinstance(nat.target, Dnat) else "snat"


def _targets(table: Table, rule: Rule) -> Iterator[str]:
    yield from (verdict.chain for verdict in rule.verdicts() if verdict.chain)
    for statement in rule.statements:
        if isinstance(statement, Select) and isinstance(statement.where, str):
            elements = table.sets[statement.where].elements.values()
            yield from (e.verdict.chain for e in elements if e.verdict is not None and e.verdict.chain)
