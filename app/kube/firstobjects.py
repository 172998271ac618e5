"""What every cluster has before anybody creates anything: its first namespaces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

FIRST_NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
"""Source: pkg/controlplane/controller/systemnamespaces."""


def missing_namespaces(used: Iterable[str], present: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield bodies of the first namespaces and of those that objects of a cluster file are in."""
    known = set(present)
    for name in dict.fromkeys((*FIRST_NAMESPACES, *used)):
        if name and name not in known:
            yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
