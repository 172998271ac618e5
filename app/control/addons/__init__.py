"""Addons: what `spec.addons` installs, one file each. Their objects are there at time 0, as after `kubectl apply`.

An addon is a function from the cluster's spec to manifests; an object of the file with the same name replaces its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from app.core.registry import Registry
from app.kube.clusterfile import Marks
from app.kube.clusterspec import ClusterSpec

__all__ = ["Addon", "Body", "addon_bodies", "addons"]

Body = dict[str, Any]
#: Under `controllers: none` nobody makes Pods of a Deployment: an addon then gives its Pods itself.
Addon = Callable[[ClusterSpec], Sequence[Body]]

addons: Registry[Addon] = Registry("addon", package="app.control.addons")


def addon_bodies(spec: ClusterSpec, marks: Marks) -> Iterator[Body]:
    """Yield the manifests of the addons that a cluster asks for, in the order of `spec.addons`, each once.

    ManifestError: there is none of this name.
    """
    for place, name in enumerate(spec.addons):
        if name not in spec.addons[:place]:
            yield from addons.get(name, at=marks["spec", "addons", place])(spec)
