"""Deployments, ReplicaSets, DaemonSets, StatefulSets. Source: Kubernetes pkg/apis/apps/validation/validation.go."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.selectors import Selector
from app.kube.validation import metadata, pods
from app.kube.validation.causes import (
    IMMUTABLE,
    PERCENT_WORDS,
    Causes,
    forbidden,
    labels,
    not_negative,
    qualified_name,
    required,
    unsupported,
    wrong,
)

Body = Mapping[str, Any]

NOUNS = {"Deployment": "deployment", "ReplicaSet": "deployment", "DaemonSet": "daemonset", "StatefulSet": "statefulset"}
"""The word in `empty selector is invalid for ...` (a ReplicaSet's message says deployment too)."""
STATEFUL_UPDATES = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def check(kind: str, body: Body) -> Causes:
    """Yield what is wrong with a workload."""
    spec = mapping_at(body, "spec")
    for name in ("replicas", "minReadySeconds", "revisionHistoryLimit", "progressDeadlineSeconds"):
        yield from not_negative(f"spec.{name}", spec.get(name))
    yield from selector("spec.selector", spec.get("selector"), NOUNS[kind])
    yield from _template(spec)
    if kind == "Deployment":
        yield from _strategy(mapping_at(spec, "strategy"), "spec.strategy")
    elif kind == "DaemonSet":
        yield from _strategy(mapping_at(spec, "updateStrategy"), "spec.updateStrategy")


def selector(at: str, given: Any, noun: str) -> Causes:
    """Yield what is wrong with the selector of a workload."""
    if given is None:
        yield required(at)
    elif isinstance(given, Mapping) and not given.get("matchLabels") and not given.get("matchExpressions"):
        yield wrong(at, dict(given), f"empty selector is invalid for {noun}")
    yield from label_selector(at, mapping_at(given))


def label_selector(at: str, given: Body) -> Causes:
    """Yield what is wrong with a LabelSelector."""
    yield from labels(f"{at}.matchLabels", given.get("matchLabels"))
    for index, each in enumerate(list_at(given, "matchExpressions")):
        term, path = mapping_at(each), f"{at}.matchExpressions[{index}]"
        operator, values = term.get("operator", ""), list_at(term, "values")
        if operator in ("In", "NotIn") and not values:
            yield required(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
        elif operator in ("Exists", "DoesNotExist") and values:
            yield forbidden(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
        elif operator not in ("In", "NotIn", "Exists", "DoesNotExist"):
            yield wrong(f"{path}.operator", operator, "not a valid selector operator")
        yield from qualified_name(f"{path}.key", str(term.get("key") or ""))


def _template(spec: Body) -> Causes:
    template = mapping_at(spec, "template")
    given = mapping_at(template, "metadata", "labels")
    try:
        matches = Selector.of(mapping_at(spec, "selector")).matches(given)
    except (KeyError, TypeError, AttributeError):
        matches = True
    if mapping_at(spec, "selector") and not matches:
        yield wrong("spec.template.metadata.labels", dict(given), "`selector` does not match template `labels`")
    yield from metadata.template("spec.template.metadata", mapping_at(template, "metadata"))
    yield from pods.spec("spec.template.spec", mapping_at(template, "spec"))
    policy = value_at(template, "spec", "restartPolicy")
    if policy in ("Never", "OnFailure"):
        yield unsupported("spec.template.spec.restartPolicy", policy, ["Always"])
    if value_at(template, "spec", "activeDeadlineSeconds") is not None:
        yield forbidden(
            "spec.template.spec.activeDeadlineSeconds", "activeDeadlineSeconds in ReplicaSet is not Supported"
        )


def _strategy(given: Body, at: str) -> Causes:
    kind = given.get("type")
    if kind in ("Recreate", "OnDelete") and "rollingUpdate" in given:
        yield forbidden(f"{at}.rollingUpdate", f"may not be specified when strategy `type` is '{kind}'")
    if kind != "RollingUpdate":
        return
    rolling = mapping_at(given, "rollingUpdate")
    numbers = {}
    for name in ("maxUnavailable", "maxSurge"):
        value = rolling.get(name, 0)
        path = f"{at}.rollingUpdate.{name}"
        if isinstance(value, str):
            if not re.fullmatch(r"[0-9]+%", value):
                yield wrong(path, value, PERCENT_WORDS)
                return
            numbers[name] = int(value[:-1][:9])
            if name == "maxUnavailable" and numbers[name] > 100:
                yield wrong(path, value, "must not be greater than 100%")
        else:
            yield from not_negative(path, value)
            numbers[name] = value if isinstance(value, int) else 0
    if not numbers.get("maxUnavailable") and not numbers.get("maxSurge"):
        shown = rolling.get("maxUnavailable", 0)
        yield wrong(f"{at}.rollingUpdate.maxUnavailable", shown, "may not be 0 when `maxSurge` is 0")


def check_update(kind: str, body: Body, before: Body) -> Causes:
    """Yield what may not change in a workload."""
    old, new = mapping_at(before, "spec"), mapping_at(body, "spec")
    if kind == "StatefulSet":
        changing = (
            "replicas", "ordinals", "template", "updateStrategy", "revisionHistoryLimit", "minReadySeconds",
            "persistentVolumeClaimRetentionPolicy",
        )  # fmt: skip
        if {k: v for k, v in old.items() if k not in changing} != {k: v for k, v in new.items() if k not in changing}:
            yield forbidden("spec", STATEFUL_UPDATES)
    elif old.get("selector") != new.get("selector"):
        yield wrong("spec.selector", new.get("selector"), IMMUTABLE)
