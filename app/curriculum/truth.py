"""The query language of `truth:`. A closed set of functions, read by one small grammar; nothing is ever evaluated.

learns(T)                       what the sender of flow T learns
verdict(T)                      how it ended
path(T).after(SEL)              the place that the request reaches next after SEL; .hop(N) the N-th; .count
seen(T, SEL[, LEG]).FIELD       a header field as captured at SEL
evidence(T, SEL[, KIND]).entry  the table entry that decided there
obj(SEL).ip|mac|mtu|name|cidr   a property of an element
table(SEL, NAME).count          how many rows
diff(T, SEL).fields             which fields differ from those that were sent
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.core.errors import did_you_mean, listing
from app.curriculum.places import ATTRIBUTES
from app.curriculum.schema import SeenFact

__all__ = ["FUNCTIONS", "SEEN_FIELDS", "Truth", "TruthSyntaxError", "parse_truth"]

SEEN_FIELDS = tuple(name for name in SeenFact.model_fields if name not in ("of", "at", "leg"))

_CALL = re.compile(r"\s*([a-z]+)\s*\(([^()]*)\)\s*(?:\.\s*([a-z_]+)\s*(?:\(([^()]*)\))?)?\s*")


class TruthSyntaxError(Exception):
    """A query outside the grammar; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function: kinds of its arguments (`?` optional), and its members with the kind of their argument."""

    arguments: tuple[str, ...]
    members: Mapping[str, str | None]

    def usage(self, name: str) -> str:
        """Return how the function is written."""
        shown = [f"[{a[:-1]}]" if a.endswith("?") else a for a in self.arguments]
        call = f"{name}({', '.join(shown)})"
        forms = [f"{call}.{m}({argument})" if argument else f"{call}.{m}" for m, argument in self.members.items()]
        return " | ".join(forms) or call


FUNCTIONS: dict[str, Function] = {
    "learns": Function(("T",), {}),
    "verdict": Function(("T",), {}),
    "path": Function(("T",), {"after": "SEL", "hop": "N", "count": None}),
    "seen": Function(("T", "SEL", "LEG?"), dict.fromkeys(SEEN_FIELDS)),
    "evidence": Function(("T", "SEL", "KIND?"), {"entry": None}),
    "obj": Function(("SEL",), dict.fromkeys(ATTRIBUTES)),
    "table": Function(("SEL", "NAME"), {"count": None}),
    "diff": Function(("T", "SEL"), {"fields": None}),
}


@dataclass(frozen=True, slots=True)
class Truth:
    """A parsed query, e.g. function `seen`, arguments ("ping", "pod/default/b"), member "ttl"."""

    function: str
    arguments: tuple[str, ...]
    member: str | None = None
    member_argument: str | None = None

    def uses(self) -> list[tuple[str, str]]:
        """Return (kind, text) of every argument, for checking names: T, SEL, LEG, KIND, NAME or N."""
        spec = FUNCTIONS[self.function]
        used = [(kind.rstrip("?"), text) for kind, text in zip(spec.arguments, self.arguments, strict=False)]
        inner = spec.members.get(self.member) if self.member else None
        return [*used, (inner, self.member_argument)] if inner and self.member_argument is not None else used

    def is_place(self) -> bool:
        """Whether the answer is an element of the scene."""
        return self.function == "path" and self.member in ("after", "hop")


def parse_truth(text: str) -> Truth:
    """Read a query. Raises TruthSyntaxError with what is legal."""
    found = _CALL.fullmatch(text)
    if not found:
        raise TruthSyntaxError(f"cannot be read: '{text}'; write for example seen(ping, pod/default/a).ttl")
    name, inside, member, argument = found.groups()
    spec = FUNCTIONS.get(name)
    if spec is None:
        raise TruthSyntaxError(f"no function '{name}'{did_you_mean(name, FUNCTIONS)}; one of: {', '.join(FUNCTIONS)}")
    arguments = tuple(part.strip() for part in inside.split(",")) if inside.strip() else ()
    truth = Truth(name, arguments, member, argument.strip() if argument is not None else None)
    _check_form(truth, spec)
    return truth


def _check_form(truth: Truth, spec: Function) -> None:
    usage = spec.usage(truth.function)
    needed = sum(not kind.endswith("?") for kind in spec.arguments)
    if not needed <= len(truth.arguments) <= len(spec.arguments) or not all(truth.arguments):
        raise TruthSyntaxError(f"{truth.function}() takes other arguments; write {usage}")
    if truth.member is None and spec.members:
        raise TruthSyntaxError(f"{truth.function}(...) needs one of .{listing(spec.members)}; write {usage}")
    if truth.member is not None and truth.member not in spec.members:
        near = did_you_mean(truth.member, spec.members)
        raise TruthSyntaxError(f"{truth.function}(...) has no '{truth.member}'{near}; write {usage}")
    wanted = spec.members.get(truth.member) if truth.member else None
    if bool(wanted) != bool(truth.member_argument):
        raise TruthSyntaxError(f"write {usage}")
    if wanted == "N" and not re.fullmatch(r"[1-9]\d{0,3}", truth.member_argument or ""):
        raise TruthSyntaxError(f"hop(N) counts from 1, not '{truth.member_argument}'")
