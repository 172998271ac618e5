"""Broken Services, slices and Pods: each cluster is built or refused with a reason, none ends in a traceback."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

from app.control.cluster import LiveCluster
from app.core.clock import Clock
from app.core.errors import PodwalkError
from app.core.rng import Rng
from app.kube.clusterfile import load_cluster_text

PORT = {"name": "p", "port": 80, "targetPort": "http", "nodePort": 30001}
SPEC = {
    "type": "LoadBalancer", "clusterIP": "10.1.0.9", "selector": {"app": "w"}, "externalTrafficPolicy": "Local", "ports": [PORT],
    "sessionAffinity": "ClientIP", "loadBalancerSourceRanges": ["10.0.0.0/8"], "externalIPs": ["192.0.2.1"],
}  # fmt: skip
ENDPOINT = {
    "addresses": ["192.0.2.7"],
    "conditions": {"ready": True},
    "hints": {"forZones": [{"name": "z"}]},
    "nodeName": "k8s-node-11",
}
CONTAINER = {"name": "c", "image": "nginx", "ports": [{"name": "http", "containerPort": 80}]}
STATUS = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
VALUES: list[Any] = [
    None, True, 0, 1, -1, 80, 30001, 70000, "", "a", "Local", "Cluster", "10.1.0.9", "None", "fd00::1", "ClientIP", "NodePort",
    "ExternalName", "ClusterIP", [], {}, [1], ["x"], {"a": "b"}, "tcp", "PreferClose", [{"ip": "1.2.3.4"}], ["10.0.0.0/8"],
    [{"name": "http", "containerPort": "x"}], "x" * 300, "10.0.0.0/8", "1.19",
]  # fmt: skip


def documents(rng: random.Random) -> list[dict[str, Any]]:
    labels = {"kubernetes.io/service-name": "t"}
    spec = {"controllers": rng.choice(["all", "none"]), "kubernetesVersion": rng.choice(["1.19", "1.25", "1.34"])}
    return [
        {"apiVersion": "podwalk.dev/v1", "kind": "Cluster", "spec": spec},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": json.loads(json.dumps(SPEC)), "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "t"}, "spec": {"ports": [{"name": "p", "port": 80}], "internalTrafficPolicy": "Local"}},
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "metadata": {"name": "x", "labels": labels}, "endpoints": [json.loads(json.dumps(ENDPOINT))], "ports": [{"name": "p", "port": 80}]},
        {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "u"}, "subsets": [{"addresses": [{"ip": "192.0.2.8"}], "ports": [{"port": 80}]}]},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "u"}, "spec": {"ports": [{"port": 80}]}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "w", "labels": {"app": "w"}}, "spec": {"nodeName": "k8s-node-11", "containers": [json.loads(json.dumps(CONTAINER))]}, "status": json.loads(json.dumps(STATUS))},
    ]  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in steps:
        yield from paths(item, (*path, key))


def mutate(given: list[dict[str, Any]], rng: random.Random) -> None:
    path = rng.choice([p for p in paths(given) if len(p) > 2])
    place: Any = given
    for step in path[:-1]:
        place = place[step]
    if rng.random() < 0.2:
        del place[path[-1]]
    else:
        place[path[-1]] = rng.choice(VALUES)


@pytest.mark.parametrize("seed", range(10))
def test_a_mutated_cluster_is_built_or_refused(seed: int) -> None:
    rng = random.Random(seed)
    built = 0
    for _ in range(40):
        given = documents(rng)
        for _ in range(rng.randint(1, 3)):
            mutate(given, rng)
        try:
            LiveCluster(load_cluster_text("\n---\n".join(map(json.dumps, given))), Clock(), Rng(0))
            built += 1
        except PodwalkError as error:
            assert str(error)  # noqa: PT017
    assert built > 0
