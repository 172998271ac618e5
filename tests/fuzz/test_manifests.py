"""Ten thousand wounded manifests: each is stored or refused with a Status; no address and no port is given twice."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import settings

from app.core.errors import PodwalkError
from app.kube.api import ApiServer
from app.kube.clusterfile import load_cluster_text
from app.kube.clusterspec import ClusterSpec
from app.kube.objects import Object
from app.kube.scheme import find_kind
from app.kube.services import Service
from app.kube.status import StatusError
from app.kube.store import Store
from tests.fuzz.manifests import MANIFESTS, ODD, places, wounded

IS_SOAK = settings().max_examples > 300
COUNT = 10_000 if IS_SOAK else 1_000
KINDS: tuple[Literal["strategic", "merge"], ...] = ("strategic", "merge")


def server(**spec: Any) -> ApiServer:
    return ApiServer(ClusterSpec.model_validate(spec), Store(), lambda: datetime(2026, 1, 1, tzinfo=UTC))


def ways(api: ApiServer, body: dict[str, Any], rng: random.Random) -> None:
    """Create, change and delete with wounded bodies, as clients might."""
    made = api.create(body, validation=rng.choice(["Strict", "Strict", "Warn", "Ignore"]))
    json.dumps(made.body, allow_nan=False)
    kind, name, namespace = made.kind, made.name, made.namespace
    changes: tuple[Callable[[], Object], ...] = (
        lambda: api.update(wounded(dict(made.body), rng)),
        lambda: api.patch(kind, name, namespace, wounded(dict(body), rng), rng.choice(KINDS)),
        lambda: api.patch(kind, name, namespace, {"spec": rng.choice(ODD)}, rng.choice(KINDS)),
        lambda: api.patch(kind, name, namespace, operations(dict(made.body), rng), "json"),
        lambda: api.patch(kind, name, namespace, {"status": rng.choice(ODD)}, "merge", subresource="status"),
        lambda: api.patch(kind, name, namespace, {"spec": {"replicas": rng.choice(ODD)}}, "merge", subresource="scale"),
    )
    for change in rng.sample(changes, 3):
        try:
            json.dumps(change().body, allow_nan=False)
        except StatusError as error:
            judge(error)
    if api.find(kind, name, namespace) is not None and rng.randrange(2):
        api.delete(kind, name, namespace, propagation=rng.choice(["Background", "Foreground"]))


def operations(body: dict[str, Any], rng: random.Random) -> list[Any]:
    paths = ["/" + "/".join(str(step) for step in path) for path in places(body)]
    return [
        {"op": rng.choice(["add", "remove", "replace", "test", "move", "copy", "x"]), "path": rng.choice(paths),
         "from": rng.choice(paths), "value": rng.choice(ODD)}
        for _ in range(rng.randint(1, 3))
    ]  # fmt: skip


def judge(error: StatusError) -> None:
    assert error.message
    assert error.reason
    json.dumps(error.body())


@pytest.mark.parametrize("version", ["1.34", "1.19"])
def test_wounded_manifests_are_stored_or_refused_with_a_status(version: str) -> None:
    rng = random.Random(f"{version}{random.random() if IS_SOAK else 0}")
    api, ends = server(kubernetesVersion=version), Counter[str]()
    for number in range(COUNT // 2):
        body = wounded(rng.choice(MANIFESTS), rng)
        try:
            ways(api, body, rng)
            ends["stored"] += 1
        except StatusError as error:
            judge(error)
            ends[error.reason] += 1
        if number % 50 == 0:
            no_address_twice(api)
            api = server(kubernetesVersion=version)
    assert set(ends) >= {"stored", "Invalid", "BadRequest"}


def no_address_twice(api: ApiServer) -> None:
    services = [each for each in api.list("Service") if isinstance(each, Service)]
    addresses = Counter(each.cluster_ip for each in services if each.cluster_ip)
    assert not [address for address, times in addresses.items() if times > 1]
    ports = Counter((port.protocol, port.node_port) for each in services for port in each.ports if port.node_port)
    assert not [port for port, times in ports.items() if times > 1]


def test_wounded_manifests_of_a_cluster_file_are_read_or_refused_with_a_place() -> None:
    rng = random.Random(random.random() if IS_SOAK else 1)
    head = '{"apiVersion": "podwalk.dev/v1", "kind": "Cluster"}\n---\n'
    for _ in range(COUNT // 4):
        body = wounded(rng.choice(MANIFESTS), rng)
        text = head + json.dumps(body, ensure_ascii=True)
        try:
            load_cluster_text(text, "fuzz.yaml")
        except PodwalkError as error:
            assert str(error)  # noqa: PT017
            assert error.at is not None  # noqa: PT017


def test_every_kind_of_the_manifests_is_one_of_the_scheme() -> None:
    assert all(find_kind(each["kind"]) for each in MANIFESTS)
    api = server()
    for each in MANIFESTS:
        api.create(each)
