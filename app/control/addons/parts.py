"""Manifests that several addons need: a namespace, a service account with its rights, Pods without a controller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha1
from typing import Any

from app.kube.clusterspec import CONTROL_PLANE, DEFAULT_NODES, ClusterSpec

__all__ = ["access", "bare_pods", "labelled", "namespace"]

Body = dict[str, Any]
#: API group, resources, verbs.
Rights = tuple[str, Sequence[str], Sequence[str]]


def labelled(api_version: str, kind: str, name: str, namespace: str, labels: Mapping[str, str]) -> Body:
    """Return the head of a manifest; `namespace` "" for what is in none."""
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place, "labels": dict(labels)}}


def namespace(name: str, labels: Mapping[str, str]) -> Body:
    """Return a Namespace."""
    return labelled("v1", "Namespace", name, "", labels)


def access(name: str, namespace: str, labels: Mapping[str, str], rules: Sequence[Rights]) -> Iterator[Body]:
    """Yield a ServiceAccount, its ClusterRole and their binding."""
    yield labelled("v1", "ServiceAccount", name, namespace, labels)
    yield labelled("rbac.authorization.k8s.io/v1", "ClusterRole", name, "", labels) | {
        "rules": [
            {"apiGroups": [group], "resources": list(resources), "verbs": list(verbs)}
            for group, resources, verbs in rules
        ]
    }
    yield labelled("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", name, "", labels) | {
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": namespace}],
    }


def bare_pods(spec: ClusterSpec, workload: Body) -> Iterator[Body]:
    """Yield a Deployment or DaemonSet; under `controllers: none`, where nobody acts on it, its Pods as well.

    Names are made as the controllers make them, of hashes that are derived from the workload's name.
    """
    yield workload
    if spec.controllers == "all":
        return
    metadata, template = workload["metadata"], workload["spec"]["template"]
    nodes = [node.name for node in spec.nodes_given or DEFAULT_NODES if CONTROL_PLANE in node.roles]
    for index in range(workload["spec"].get("replicas", 1)):
        suffix = sha1(f"{metadata['namespace']}/{metadata['name']}/{index}".encode(), usedforsecurity=False).hexdigest()
        name = f"{metadata['name']}-{suffix[:5]}"
        placed = {"nodeName": nodes[0]} if nodes else {}
        head = labelled("v1", "Pod", name, metadata["namespace"], template["metadata"]["labels"])
        yield head | {"spec": {**template["spec"], **placed}}
