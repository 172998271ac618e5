"""Tables as `nft list` prints them. Source: nftables 1.0.6 src/rule.c, src/expression.c (calculate_delim)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.dataplane.nft.chain import Chain
from app.dataplane.nft.priorities import priority_text
from app.dataplane.nft.sets import NamedSet, sort_key, time_text
from app.dataplane.nft.table import Table

__all__ = ["list_heads", "list_part", "list_ruleset", "list_table"]

CONTINUED = ",\n\t\t\t     "


def list_ruleset(tables: Iterable[Table], now_us: int, *, handles: bool = False) -> str:
    """Return `nft [-a] list ruleset`."""
    return "".join(list_table(table, now_us, handles=handles) for table in tables)


def list_table(table: Table, now_us: int, *, handles: bool = False) -> str:
    """Return `nft [-a] list table`: sets and maps in the order of their making, then chains."""
    blocks = [_set_block(each, now_us, handles=handles) for each in table.sets.values()]
    blocks += [_chain_block(chain, handles=handles) for chain in table.chains.values()]
    comment = f'\tcomment "{table.comment}"\n' if table.comment else ""
    return _wrap(table, comment + "\n".join(blocks), handles=handles)


def list_part(table: Table, part: Chain | NamedSet, now_us: int, *, handles: bool = False) -> str:
    """Return `nft [-a] list chain` or `nft [-a] list set`: the one block in its table."""
    if isinstance(part, Chain):
        return _wrap(table, _chain_block(part, handles=handles), handles=False)
    return _wrap(table, _set_block(part, now_us, handles=handles), handles=False)


def list_heads(table: Table, now_us: int, noun: str) -> str:
    """Return `nft list chains|sets|maps`: of chains what stands above the rules."""
    if noun == "chains":
        return _wrap(
            table, "".join(_chain_block(chain, is_head=True) for chain in table.chains.values()), handles=False
        )
    chosen = (each for each in table.sets.values() if each.is_map == (noun == "maps"))
    return _wrap(table, "".join(_set_block(each, now_us) for each in chosen), handles=False)


def _wrap(table: Table, text: str, *, handles: bool) -> str:
    return f"table ip {table.name} {{{_handle(table.handle, on=handles)}\n{text}}}\n"


def _handle(handle: int, *, on: bool) -> str:
    return f" # handle {handle}" if on else ""


def _chain_block(chain: Chain, *, handles: bool = False, is_head: bool = False) -> str:
    return "".join(f"\t{line}\n" for line in _chain_lines(chain, handles=handles, is_head=is_head))


def _chain_lines(chain: Chain, *, handles: bool, is_head: bool) -> Iterator[str]:
    yield f"chain {chain.name} {{{_handle(chain.handle, on=handles)}"
    if chain.comment:
        yield f'\tcomment "{chain.comment}"'
    if chain.base is not None:
        base = chain.base
        priority = priority_text(base.priority, base.hook)
        yield f"\ttype {base.type} hook {base.hook} priority {priority}; policy {base.policy};"
    if not is_head:
        for rule, handle in zip(chain.rules, chain.handles, strict=True):
            yield f"\t{rule.text()}{_handle(handle, on=handles)}"
    yield "}"


def _set_block(each: NamedSet, now_us: int, *, handles: bool = False) -> str:
    return "".join(f"\t{line}\n" for line in _set_lines(each, now_us, handles=handles))


def _set_lines(each: NamedSet, now_us: int, *, handles: bool) -> Iterator[str]:
    yield f"{each.word} {each.name} {{{_handle(each.handle, on=handles)}"
    yield f"\ttype {' . '.join(kind.name for kind in each.types)}{' : verdict' if each.is_map else ''}"
    if each.size:
        yield f"\tsize {each.size}"
    if each.flags:
        yield f"\tflags {','.join(each.flags)}"
    if each.timeout_us:
        yield f"\ttimeout {time_text(each.timeout_us)}"
    if each.comment:
        yield f'\tcomment "{each.comment}"'
    if elements := _elements(each, now_us):
        yield f"\telements = {{ {elements} }}"
    yield "}"


def _elements(each: NamedSet, now_us: int) -> str:
    alive = [element for element in each.elements.values() if element.is_alive(now_us)]
    alive.sort(key=lambda element: sort_key(each.types, element.key))
    per_line = each.types[0].per_line if len(each.types) == 1 else 1
    words = [each.element_text(element, now_us) for element in alive]
    lines = [", ".join(words[at : at + per_line]) for at in range(0, len(words), per_line)]
    return CONTINUED.join(lines)
