"""Cells that several kinds have: labels, selectors, containers, lists that are cut short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.tables.table import NONE, Body, View

__all__ = ["containers", "format_labels", "format_selector", "load_balancer", "name", "number", "with_more"]

SHOWN = 3
"""So many of a list are shown, then `+ N more...`."""
LOAD_BALANCER_WIDTH = 16


def name(body: Body) -> str:
    """Return the NAME cell."""
    return str(mapping_at(body, "metadata").get("name", ""))


def number(body: Body, *path: str, default: int = 0) -> str:
    """Return a number of the manifest as a cell."""
    found = value_at(body, *path)
    return str(default if found is None else found)


def format_labels(labels: Mapping[str, Any]) -> str:
    """Return `a=b,c=d` in the order of the keys, `<none>` where there are none (labels.FormatLabels)."""
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) or NONE


def format_selector(selector: Mapping[str, Any]) -> str:
    """Return a LabelSelector as `kubectl -l` takes it (metav1.FormatLabelSelector)."""
    terms = [(key, f"{key}={value}") for key, value in mapping_at(selector, "matchLabels").items()]
    for term in list_at(selector, "matchExpressions"):
        key, values = str(term.get("key")), ",".join(sorted(map(str, term.get("values") or ())))
        shown = {"In": f"{key} in ({values})", "NotIn": f"{key} notin ({values})", "Exists": key}
        terms.append((key, shown.get(str(term.get("operator")), f"!{key}")))
    return ",".join(text for _, text in sorted(terms, key=lambda pair: pair[0])) or NONE


def containers(body: Body) -> tuple[str, str]:
    """Return the CONTAINERS and IMAGES cells of a workload: names and images between commas."""
    found = list_at(body, "spec", "template", "spec", "containers")
    return ",".join(str(c.get("name", "")) for c in found), ",".join(str(c.get("image", "")) for c in found)


def with_more(texts: Sequence[str], empty: str) -> str:
    """Return the first three of a list and how many more there are; `empty` where there are none."""
    shown = ",".join(texts[:SHOWN])
    return f"{shown} + {len(texts) - SHOWN} more..." if len(texts) > SHOWN else shown or empty


def load_balancer(body: Body, view: View) -> str:
    """Return the addresses of `status.loadBalancer`, sorted, cut to 16 characters unless all is to be seen."""
    entries: Iterable[Any] = list_at(body, "status", "loadBalancer", "ingress")
    text = ",".join(
        sorted({str(e.get("ip") or e.get("hostname")) for e in entries if e.get("ip") or e.get("hostname")})
    )
    return text if view.is_wide or len(text) <= LOAD_BALANCER_WIDTH else f"{text[: LOAD_BALANCER_WIDTH - 3]}..."
