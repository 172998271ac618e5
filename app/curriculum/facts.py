"""Checks what a lesson expects against the model, and words each fact for the reader.

A fact that holds is shown as "checked"; one that does not becomes finding E411 with the model's value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import Any

from app.curriculum.places import Place, UnknownPlaceError
from app.curriculum.prose import fill
from app.curriculum.schema import (
    EvidenceFact,
    Expect,
    LearnsFact,
    OutputFact,
    PathFact,
    SeenFact,
    TableFact,
    Text,
    VerdictFact,
)
from app.curriculum.walks import NoAnswerError, decisive_hop, path, sighting, sighting_field
from app.curriculum.world import Sent, World
from app.sim.captions import catalogue

__all__ = ["Fact", "check_fact", "is_one_of", "same_value"]

_LOCALE = {"zh": "zh-CN", "en": "en"}
_SPACE = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


@dataclass(frozen=True)
class Fact:
    """One expectation after checking: its wording, and if it fails, what the model says instead."""

    text: Text
    disagrees: str = ""
    mend: str = ""

    @property
    def ok(self) -> bool:
        """Whether the model agrees."""
        return not self.disagrees


def check_fact(expect: Expect, world: World) -> Fact:
    """Check one expectation. Never raises: a name that is not there or a flow that never comes is a fact that fails."""
    kind, stated = expect.only()
    try:
        fact = _CHECKS[kind](stated, world)
        return replace(fact, text=Text(zh=_SPACE.sub("", fact.text.zh), en=fact.text.en))
    except (NoAnswerError, UnknownPlaceError) as error:
        return Fact(Text(zh=kind, en=kind), str(error))


def same_value(left: str, right: str) -> bool:
    """Whether two values mean the same: addresses and numbers by value, all else as text."""
    return left == right or (_value(left) is not None and _value(left) == _value(right))


def is_one_of(value: str, values: Iterable[str]) -> bool:
    """Whether a value means the same as one of `values`."""
    return any(same_value(value, other) for other in values)


def _value(text: str) -> object:
    word = text.strip().lower()
    for read in (int, IPv4Address):
        try:
            return read(word)
        except ValueError:
            continue
    digits = word.replace("-", ":").split(":")
    is_mac = len(digits) == 6 and all(0 < len(d) <= 2 and set(d) <= set("0123456789abcdef") for d in digits)
    return tuple(int(d, 16) for d in digits) if is_mac else None


def _sent(name: str, world: World) -> Sent:
    if name not in world.sent:
        raise NoAnswerError(f"nothing named '{name}' has been sent up to this step")
    return world.sent[name]


# --- path -------------------------------------------------------------------------------------------------------------


def _path(fact: PathFact, world: World) -> Fact:
    way = path(_sent(fact.of, world), world.places, fact.leg)
    text = Text(
        zh=f"{_flow(fact.of, fact.leg, 'zh')} 的路径：{' → '.join(place.zh for place in way)}",
        en=f"Path of {_flow(fact.of, fact.leg, 'en')}: {' → '.join(place.en for place in way)}",
    )
    mend = f"the model's path: {', '.join(place.selector for place in way)}"
    return Fact(text, "; ".join(_path_problems(fact, way, world)), mend)


def _path_problems(fact: PathFact, way: list[Place], world: World) -> Iterator[str]:
    if fact.is_ is not None:
        wanted = [world.places.get(selector) for selector in fact.is_]
        different = next((i for i, (w, p) in enumerate(zip(wanted, way, strict=False)) if not w.holds(p)), None)
        if different is not None:
            yield f"place {different + 1} of the path is {way[different].selector}, not {wanted[different].selector}"
        elif len(wanted) != len(way):
            yield f"the path has {len(way)} places, the lesson names {len(wanted)}"
    rest = iter(way)
    for selector in fact.via:
        wanted_place = world.places.get(selector)
        if not any(wanted_place.holds(place) for place in rest):
            yield f"the path does not pass {selector} (in this order)"
            break
    passed = [s for s in fact.never if any(world.places.get(s).holds(place) for place in way)]
    yield from (f"the path does pass {selector}" for selector in passed)


def _flow(name: str, leg: str, lang: str) -> str:
    """Return what a flow is called: its id, and which leg of it if that is not the request."""
    if leg == "request":
        return name
    word = catalogue(_LOCALE[lang])["leg"].get(leg, leg)
    return f"{name}（{word}）" if lang == "zh" else f"{name} ({word})"


# --- header fields ----------------------------------------------------------------------------------------------------


def _seen(fact: SeenFact, world: World) -> Fact:
    seen = sighting(_sent(fact.of, world), world.places.get(fact.at), fact.leg)
    wrong, pairs = [], []
    for name, stated in fact.fields().items():
        wanted, actual = fill(stated, world.places), sighting_field(seen, name)
        pairs.append((name, actual or "-"))
        if actual is None or not same_value(wanted, actual):
            wrong.append(f"{name} is {actual or 'absent'}, the lesson says {wanted}")
    place = world.places.get(fact.at)
    zh = "，".join(f"{_FIELDS[name][0]} {value}" for name, value in pairs)
    en = ", ".join(f"{_FIELDS[name][1]} {value}" for name, value in pairs)
    text = Text(
        zh=f"{_flow(fact.of, fact.leg, 'zh')} 在 {place.zh} 处：{zh}",
        en=f"{_flow(fact.of, fact.leg, 'en')} as seen at {place.en}: {en}",
    )
    mend = f"hop {seen['hop']}, {seen['direction']} at {seen['netns']} {seen['interface']}"
    return Fact(text, "; ".join(f"seen({fact.of}).{problem}" for problem in wrong), mend)


_FIELDS = {
    "src": ("源 IP", "source IP"),
    "dst": ("目的 IP", "destination IP"),
    "ttl": ("TTL", "TTL"),
    "len": ("长度", "length"),
    "smac": ("源 MAC", "source MAC"),
    "dmac": ("目的 MAC", "destination MAC"),
    "outer_src": ("外层源 IP", "outer source IP"),
    "outer_dst": ("外层目的 IP", "outer destination IP"),
    "outer_vni": ("VNI", "VNI"),
    "outer_port": ("外层目的端口", "outer destination port"),
}


# --- how it ended -----------------------------------------------------------------------------------------------------


def _verdict(fact: VerdictFact, world: World) -> Fact:
    verdict = _sent(fact.of, world).data["verdict"]
    outcome, at = verdict["outcome"], str(verdict.get("at") or "")
    problems = [] if outcome == fact.is_ else [f"verdict({fact.of}) is {outcome}, the lesson says {fact.is_}"]
    if fact.at and not _ended_at(world.places.get(fact.at), at):
        problems.append(f"it ended at {at}, the lesson says {fact.at}")
    zh, en = (catalogue(_LOCALE[lang])["outcome"].get(outcome, outcome) for lang in ("zh", "en"))
    text = Text(zh=f"{fact.of} 的结果：{zh}", en=f"How {fact.of} ended: {en}")
    return Fact(text, "; ".join(problems), f"why: {verdict.get('why', '')}")


def _ended_at(place: Place, at: str) -> bool:
    return at in (place.id, place.netns, place.selector) or (
        place.interface is None and at.startswith(place.netns + ":")
    )


def _learns(fact: LearnsFact, world: World) -> Fact:
    learned = _sent(fact.of, world).data["verdict"]["sender_learns"]
    zh, en = (catalogue(_LOCALE[lang])["learns"].get(learned, learned) for lang in ("zh", "en"))
    text = Text(zh=f"{fact.of} 的发送方得知：{zh}", en=f"What the sender of {fact.of} learns: {en}")
    return Fact(text, "" if learned == fact.is_ else f"learns({fact.of}) is {learned}, the lesson says {fact.is_}")


# --- tables, evidence, output -----------------------------------------------------------------------------------------


def _table(fact: TableFact, world: World) -> Fact:
    place = world.places.get(fact.at)
    rows = world.table(place, fact.name)
    if rows is None:
        raise NoAnswerError(f"{fact.at} has no table '{fact.name}'")
    problems = [f"no row with {_row_text(r)}" for r in _filled(fact.has, world) if not _any_row(rows, r)]
    problems += [f"there is a row with {_row_text(r)}" for r in _filled(fact.not_, world) if _any_row(rows, r)]
    if fact.count not in (None, len(rows)):
        problems.append(f"it has {len(rows)} rows, the lesson says {fact.count}")
    shown = "; ".join(_row_text(row) for row in _filled(fact.has, world))
    zh, en = _TABLES[fact.name]
    text = Text(
        zh=f"{place.zh} 的{zh}：{shown or f'{len(rows)} 行'}",
        en=f"{en} of {place.en}: {shown or (f'{len(rows)} rows' if rows else 'none')}",
    )
    model = " | ".join(_row_text(row) for row in rows) or "no rows"
    return Fact(text, "; ".join(problems), f"the model's rows: {model}")


_TABLES = {
    "route": ("路由表", "Routes"),
    "neigh": ("邻居表", "Neighbours"),
    "fdb": ("转发数据库", "FDB"),
    "address": ("地址", "Addresses"),
}


def _filled(rows: Iterable[dict[str, str]], world: World) -> list[dict[str, str]]:
    return [{name: fill(value, world.places) for name, value in row.items()} for row in rows]


def _any_row(rows: Iterable[Any], wanted: dict[str, str]) -> bool:
    return any(all(same_value(row.get(name, ""), value) for name, value in wanted.items()) for row in rows)


def _row_text(row: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items())


def _evidence(fact: EvidenceFact, world: World) -> Fact:
    hop = decisive_hop(_sent(fact.of, world), world.places.get(fact.at), world.places, fact.kind)
    wanted, entry = fill(fact.entry, world.places), hop["evidence"]["entry"]
    text = Text(zh=f"依据（{hop['evidence']['tool']}）：{entry}", en=f"Decided by ({hop['evidence']['tool']}): {entry}")
    problem = "" if wanted in entry else f"the entry that decided is '{entry}', the lesson says '{wanted}'"
    return Fact(text, problem, f"hop {hop['n']}, {hop['kind']}")


def _output(fact: OutputFact, world: World) -> Fact:
    output = world.outputs.get(fact.of)
    if output is None:
        raise NoAnswerError(f"no command named '{fact.of}' has run up to this step")
    wanted = [fill(word, world.places) for word in fact.contains]
    absent = [word for word in wanted if word not in output.stdout]
    quoted = ", ".join(wanted)
    text = Text(zh=f"{output.command} 的输出里有：{quoted}", en=f"The output of {output.command} has: {quoted}")
    problem = f"the output of '{output.command}' lacks {', '.join(repr(w) for w in absent)}" if absent else ""
    return Fact(text, problem, f"it prints: {output.stdout.strip()[:200]}")


_CHECKS: dict[str, Callable[[Any, World], Fact]] = {
    "path": _path,
    "seen": _seen,
    "verdict": _verdict,
    "learns": _learns,
    "table": _table,
    "evidence": _evidence,
    "output": _output,
}
