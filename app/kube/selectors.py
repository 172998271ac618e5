"""Label selectors: equality, sets, and the text of `kubectl -l`. Source: Kubernetes docs, Labels and Selectors."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.core.errors import UsageError

Operator = Literal["In", "NotIn", "Exists", "DoesNotExist"]

_SET = re.compile(r"(\S+)\s+(in|notin)\s*\(([^()]*)\)")
_EQUAL = re.compile(r"([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)")
_EXISTS = re.compile(r"(!?)\s*([^\s=!(),]+)")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One term of a selector. `NotIn` and `DoesNotExist` also hold when the label is absent."""

    key: str
    operator: Operator
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether the labels fulfil this term."""
        if self.operator == "Exists":
            return self.key in labels
        if self.operator == "DoesNotExist":
            return self.key not in labels
        is_in = labels.get(self.key) in self.values
        return is_in if self.operator == "In" else not is_in


@dataclass(frozen=True, slots=True)
class Selector:
    """Terms that must all hold. Without terms it selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Say whether an object with these labels is selected."""
        return all(requirement.matches(labels) for requirement in self.requirements)

    @classmethod
    def equal(cls, labels: Mapping[str, str]) -> Selector:
        """Return the selector of a Service's `spec.selector`: each label with exactly this value."""
        return cls(tuple(Requirement(key, "In", (value,)) for key, value in labels.items()))

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Selector:
        """Return the selector of a LabelSelector (`matchLabels`, `matchExpressions`), as Deployments hold it."""
        expressions = body.get("matchExpressions") or ()
        terms = (Requirement(term["key"], term["operator"], tuple(term.get("values") or ())) for term in expressions)
        return cls((*cls.equal(body.get("matchLabels") or {}).requirements, *terms))

    @classmethod
    def parse(cls, text: str) -> Selector:
        """Return the selector of `kubectl -l TEXT`, e.g. `app=web,tier in (a,b),!canary`. UsageError if it is none."""
        return cls(tuple(_term(part.strip()) for part in _split(text)))


def _split(text: str) -> Sequence[str]:
    return [part for part in re.split(r",(?![^()]*\))", text) if part.strip()]


def _term(text: str) -> Requirement:
    if found := _SET.fullmatch(text):
        values = tuple(value.strip() for value in found[3].split(","))
        return Requirement(found[1], "In" if found[2] == "in" else "NotIn", values)
    if found := _EQUAL.fullmatch(text):
        return Requirement(found[1], "NotIn" if found[2] == "!=" else "In", (found[3],))
    if found := _EXISTS.fullmatch(text):
        return Requirement(found[2], "DoesNotExist" if found[1] else "Exists")
    raise UsageError(
        f"unable to parse requirement: '{text}'", hint="for example app=web, app!=web, tier in (a,b), !canary"
    )
