"""Clusters with an ingress controller, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from app.kube.clusterfile import load_cluster
from app.shell import run
from app.shell.result import CommandResult
from app.sim.simulator import Simulator
from app.sim.trace import TraceHop

CLIENT = "ext/client"
NODE = "10.0.0.10"


def base(**spec: Any) -> dict[str, Any]:
    """Return a Cluster of one node, with ingress-nginx unless `addons` says otherwise."""
    nodes = [{"name": "node-10", "ip": NODE, "podCIDR": "10.2.0.0/24", "roles": ["control-plane"], "taints": []}]
    given = {"addons": ["ingress-nginx"], "nodes": nodes, "external": [{"name": "client", "ip": "10.0.0.200"}], **spec}
    return {"apiVersion": "podwalk.dev/v1", "kind": "Cluster", "metadata": {"name": "t"}, "spec": given}


def pod(name: str, app: str, image: str = "traefik/whoami", **more: Any) -> dict[str, Any]:
    """Return a Pod with a label."""
    spec = {"containers": [{"name": "c", "image": image}]} | more
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": app}}, "spec": spec}


def service(name: str, port: int = 80, target: int = 80) -> dict[str, Any]:
    """Return a Service over the Pods of the same name."""
    ports = [{"name": "http", "port": port, "targetPort": target}]
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": {"app": name}, "ports": ports}}  # fmt: skip


def ingress(name: str, host: str, paths: Iterable[tuple[str, str, str]], **spec: Any) -> dict[str, Any]:
    """Return an Ingress of (path, path type, service on port 80); class nginx unless `ingressClassName` is given."""
    rules = [{"path": path, "pathType": kind, "backend": {"service": {"name": to, "port": {"number": 80}}}}
             for path, kind, to in paths]  # fmt: skip
    annotations = spec.pop("annotations", {})
    rule: dict[str, Any] = {"http": {"paths": rules}} | ({"host": host} if host else {})
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "annotations": annotations},
            "spec": {"ingressClassName": "nginx", "rules": [rule]} | spec}  # fmt: skip


def simulator(tmp_path: Path, *documents: dict[str, Any], seed: int = 0) -> Simulator:
    """Return the cluster of these documents; a Cluster document is put in front where there is none."""
    listed = list(documents)
    if not any(each["kind"] == "Cluster" for each in listed):
        listed.insert(0, base())
    file = tmp_path / "cluster.yaml"
    file.write_text(yaml.safe_dump_all(listed), "utf-8")
    return Simulator(load_cluster([str(file)]), seed)


def curl(sim: Simulator, host: str, path: str = "/", options: str = "", who: str = CLIENT) -> CommandResult:
    """Ask the node for a host."""
    return run(sim, who, f"curl -s {options} -H 'Host: {host}' http://{NODE}{path}")


def status(sim: Simulator, host: str, path: str = "/", options: str = "") -> str:
    """Return the status that comes back."""
    return curl(sim, host, path, f"-o /dev/null -w '%{{http_code}}' {options}").stdout


def matches(result: CommandResult) -> list[TraceHop]:
    """Return what ingress controllers did while a command ran."""
    assert result.trace is not None
    return [hop for hop in result.trace.hops if hop.kind == "http-match"]


def log(sim: Simulator, image: str = "ingress-nginx") -> list[str]:
    """Return what the ingress controller has written."""
    parts = [part for machine in sim.live.machines.values() for part in machine.containers.values()]
    return [line.text for part in parts if image in part.image for line in part.log]
