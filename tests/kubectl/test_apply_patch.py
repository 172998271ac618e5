"""The patch that `kubectl apply` sends: ours is the one that kubectl 1.32 sends for the same three manifests."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from app.shell.kubectl.lastapplied import with_last_applied
from app.shell.kubectl.threeway import three_way_patch
from app.shell.kubectl.verbs.apply import list_kind
from tests.kubectl.realclient import real_kubectl

DEPLOYMENT: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default", "labels": {"app": "web", "old": "x"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {
                "containers": [
                    {
                        "name": "a",
                        "image": "nginx:1",
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                    },
                    {"name": "b", "image": "busybox", "args": ["x", "y"], "ports": [{"containerPort": 80}]},
                ],
                "tolerations": [{"key": "k", "operator": "Exists"}],
                "volumes": [{"name": "v", "emptyDir": {}}],
            },
        },
    },
}
SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "web", "namespace": "default", "finalizers": ["a/b", "c/d"]},
    "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}, {"name": "https", "port": 443}]},
}


def changed(body: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    """Return a copy with values at paths like `spec__template__spec__containers__0__image`; None takes out."""
    copied: Any = copy.deepcopy(body)
    for path, value in values.items():
        *way, last = path.split("__")
        inside = copied
        for step in way:
            inside = inside[int(step) if step.isdecimal() else step]
        key = int(last) if last.isdecimal() else last
        if value is None:
            del inside[key]
        else:
            inside[key] = value
    return copied  # type: ignore[no-any-return]


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "nothing": (DEPLOYMENT, DEPLOYMENT, DEPLOYMENT),
    "a number": (DEPLOYMENT, changed(DEPLOYMENT, spec__replicas=3), DEPLOYMENT),
    "somebody scaled it": (DEPLOYMENT, DEPLOYMENT, changed(DEPLOYMENT, spec__replicas=7)),
    "scaled, and not ours": (changed(DEPLOYMENT, spec__replicas=None),) * 2 + (DEPLOYMENT,),
    "a label taken out": (DEPLOYMENT, changed(DEPLOYMENT, metadata__labels__old=None), DEPLOYMENT),
    "an image": (DEPLOYMENT, changed(DEPLOYMENT, spec__template__spec__containers__0__image="nginx:2"), DEPLOYMENT),
    "a container taken out": (DEPLOYMENT, changed(DEPLOYMENT, spec__template__spec__containers__1=None), DEPLOYMENT),
    "a variable taken out": (
        DEPLOYMENT, changed(DEPLOYMENT, spec__template__spec__containers__0__env__0=None), DEPLOYMENT,
    ),
    "an argument": (DEPLOYMENT, changed(DEPLOYMENT, spec__template__spec__containers__1__args=["z"]), DEPLOYMENT),
    "no tolerations": (DEPLOYMENT, changed(DEPLOYMENT, spec__template__spec__tolerations=None), DEPLOYMENT),
    "never applied before": (None, changed(DEPLOYMENT, spec__replicas=3), DEPLOYMENT),  # type: ignore[dict-item]
    "a port by its number": (SERVICE, changed(SERVICE, spec__ports__1__port=8443), SERVICE),
    "ports the other way round": (
        SERVICE, changed(SERVICE, spec__ports=[SERVICE["spec"]["ports"][1], SERVICE["spec"]["ports"][0]]), SERVICE,
    ),
    "a finalizer taken out": (SERVICE, changed(SERVICE, metadata__finalizers=["a/b"]), SERVICE),
    "a finalizer more": (SERVICE, changed(SERVICE, metadata__finalizers=["a/b", "c/d", "e/f"]), SERVICE),
    "a null": (SERVICE, changed(SERVICE, metadata__creationTimestamp="null"), SERVICE),
    "the selector": (SERVICE, changed(SERVICE, spec__selector={"tier": "front"}), SERVICE),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_patch_of_apply_is_the_real_ones(name: str, tmp_path: Path) -> None:
    last, modified, current = (copy.deepcopy(each) for each in CASES[name])
    if modified["metadata"].get("creationTimestamp") == "null":
        modified["metadata"]["creationTimestamp"] = None
    there = dict(current)
    there["metadata"] = {**current["metadata"], "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"}
    if last is not None:
        annotations = with_last_applied(last)["metadata"]["annotations"]
        there["metadata"]["annotations"] = annotations
    (tmp_path / "m.json").write_text(json.dumps(modified), encoding="utf-8")
    with real_kubectl(tmp_path, [there]) as real:
        code, stdout, stderr = real.run(["apply", "--validate=false", "-f", "m.json"])
    assert code == 0, stderr
    kind = current["kind"]
    ours = three_way_patch(last or {}, with_last_applied(modified), there, lambda path: list_kind(kind, path))
    assert ours == (real.patches[0] if real.patches else {})
    assert stdout.endswith("configured\n" if ours else "unchanged\n")
