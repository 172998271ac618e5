"""Clusters for the tests of app.control."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.control.cluster import LiveCluster
from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.network import Network
from app.kube.clusterfile import load_cluster_text

DATA = Path(__file__).parent / "data"
HEAD = "apiVersion: podwalk.dev/v1\nkind: Cluster\n"
Build = Callable[..., Network]


def pod(name: str, node: str, *, ip: str = "", image: str = "nginx:alpine", listens: str = "", more: str = "") -> str:
    """Return a Pod manifest as one flow mapping."""
    pins = {"podwalk.dev/ip": ip, "podwalk.dev/listens": listens}
    annotations = {key: value for key, value in pins.items() if value}
    spec = f"nodeName: {node}, containers: [{{name: c, image: '{image}'}}]{more}"
    return f"{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, annotations: {json.dumps(annotations)}}}, spec: {{{spec}}}}}"


def _without_addons(spec: str) -> str:
    """Return a flow mapping with no addons, unless it names some."""
    comma = "" if spec == "{}" else ", "
    return spec if "addons" in spec else f"{spec[:-1]}{comma}addons: []}}"


def build(spec: str = "", *pods: str) -> Network:
    """Return the programmed network of a cluster file with this `spec` (a flow mapping) and these Pods, without addons."""
    text = HEAD + (f"spec: {_without_addons(spec)}\n" if spec else "")
    text = text if spec else "{apiVersion: podwalk.dev/v1, kind: Cluster,\n spec: {addons: []}}\n"
    text += "".join(f"---\n{manifest}\n" for manifest in pods)
    return LiveCluster(load_cluster_text(text, "c.yaml"), Clock(), Rng(0)).network


@pytest.fixture(scope="session")
def cni_cases() -> Any:
    """The CNI plugins' own test tables."""
    return json.loads((DATA / "cni_cases.json").read_text(encoding="utf-8"))
