"""Answers of the model: evaluates a parsed `truth:` on a world."""

from __future__ import annotations

from collections.abc import Callable

from app.curriculum.places import Place
from app.curriculum.truth import Truth
from app.curriculum.walks import NoAnswerError, changed_fields, decisive_hop, path, sighting, sighting_field
from app.curriculum.world import Sent, World

__all__ = ["evaluate"]


def evaluate(truth: Truth, world: World) -> frozenset[str]:
    """Return what the model answers: one value, or several for `diff(...).fields`. Places are element ids.

    Raises NoAnswerError where the model has no answer; UnknownPlaceError for a name that is not there.
    """
    return _FUNCTIONS[truth.function](truth, world)


def _sent(truth: Truth, world: World) -> Sent:
    sent = world.sent.get(truth.arguments[0])
    if sent is None:
        raise NoAnswerError(f"nothing named '{truth.arguments[0]}' has been sent up to this step")
    return sent


def _place(truth: Truth, world: World, number: int) -> Place:
    return world.places.get(truth.arguments[number])


def _learns(truth: Truth, world: World) -> frozenset[str]:
    return frozenset({_sent(truth, world).data["verdict"]["sender_learns"]})


def _verdict(truth: Truth, world: World) -> frozenset[str]:
    return frozenset({_sent(truth, world).data["verdict"]["outcome"]})


def _path(truth: Truth, world: World) -> frozenset[str]:
    way = path(_sent(truth, world), world.places)
    if truth.member == "count":
        return frozenset({str(len(way))})
    if truth.member == "hop":
        number = int(truth.member_argument or "0")
        if number > len(way):
            raise NoAnswerError(f"the path has {len(way)} places, not {number}")
        return frozenset({way[number - 1].id})
    asked = world.places.get(truth.member_argument or "")
    index = next((i for i, place in enumerate(way) if asked.holds(place)), None)
    if index is None:
        raise NoAnswerError(f"the request never comes to {asked.selector}")
    later = (place for place in way[index + 1 :] if not asked.holds(place))
    after = next(later, None)
    if after is None:
        raise NoAnswerError(f"the request goes nowhere after {asked.selector}")
    return frozenset({after.id})


def _seen(truth: Truth, world: World) -> frozenset[str]:
    leg = truth.arguments[2] if len(truth.arguments) > 2 else "request"
    sent, place = _sent(truth, world), _place(truth, world, 1)
    value = sighting_field(sighting(sent, place, leg), truth.member or "")
    if value is None:
        raise NoAnswerError(f"the packet at {place.selector} has no {truth.member}")
    return frozenset({value})


def _evidence(truth: Truth, world: World) -> frozenset[str]:
    kind = truth.arguments[2] if len(truth.arguments) > 2 else None
    hop = decisive_hop(_sent(truth, world), _place(truth, world, 1), world.places, kind)
    return frozenset({hop["evidence"]["entry"]})


def _obj(truth: Truth, world: World) -> frozenset[str]:
    return frozenset({world.places.attribute(truth.arguments[0], truth.member or "")})


def _table(truth: Truth, world: World) -> frozenset[str]:
    rows = world.table(_place(truth, world, 0), truth.arguments[1])
    if rows is None:
        raise NoAnswerError(f"{truth.arguments[0]} has no table '{truth.arguments[1]}'")
    return frozenset({str(len(rows))})


def _diff(truth: Truth, world: World) -> frozenset[str]:
    fields = changed_fields(_sent(truth, world), _place(truth, world, 1))
    if not fields:
        raise NoAnswerError("no field has changed")
    return fields


_FUNCTIONS: dict[str, Callable[[Truth, World], frozenset[str]]] = {
    "learns": _learns,
    "verdict": _verdict,
    "path": _path,
    "seen": _seen,
    "evidence": _evidence,
    "obj": _obj,
    "table": _table,
    "diff": _diff,
}
