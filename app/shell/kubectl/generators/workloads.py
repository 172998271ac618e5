"""Deployment of `create deployment`, Pod of `run`.

Source: kubectl pkg/cmd/create/create_deployment.go, pkg/cmd/run/run.go.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.body import Body, metadata, object_of

__all__ = ["RunPod", "deployment", "run_pod"]

#: A reference as distribution's grammar has it: domain, path, tag, digest.
_ALPHANUMERIC = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_IMAGE = re.compile(
    rf"(?:(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/)?{_ALPHANUMERIC}(?:/{_ALPHANUMERIC})*"
    r"(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)


def deployment(
    name: str, namespace: str, images: Sequence[str], *, replicas: int = 1, port: int = -1, command: Sequence[str] = ()
) -> Body:
    """Return `create deployment NAME --image=...`: a container an image, named by the image's last part."""
    if len(images) > 1 and command:
        raise error("cannot specify multiple --image options and command")
    labels = {"app": name}
    containers = []
    for image in images:
        container: Body = {"name": container_name(image), "image": image}
        if command:
            container["command"] = list(command)
        if port >= 0:
            container["ports"] = [{"containerPort": port}]
        containers.append(container | {"resources": {}})
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {"metadata": metadata("", labels=labels), "spec": {"containers": containers}},
        "strategy": {},
    }
    return object_of("apps/v1", "Deployment", metadata(name, namespace, labels), spec=spec, status={})


def container_name(image: str) -> str:
    """Return the name that kubectl gives to an image's container: the last part without tag and digest."""
    last = image.rpartition("/")[2]
    return last.partition(":")[0].partition("@")[0]


@dataclass(frozen=True, slots=True)
class RunPod:
    """What `kubectl run` was asked for. `port` is None where there is none; `args` are the words after the name."""

    name: str
    image: str
    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    env: Sequence[tuple[str, str]] = ()
    port: int | None = None
    args: Sequence[str] = ()
    is_command: bool = False
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False
    privileged: bool = False
    pull_policy: str = ""
    restart: str = "Always"


def run_pod(asked: RunPod) -> Body:
    """Return the Pod of `kubectl run`."""
    if not _IMAGE.fullmatch(asked.image):
        raise error(f'Invalid image name "{asked.image}": invalid reference format')
    container: Body = {"name": asked.name, "image": asked.image}
    if asked.args:
        container["command" if asked.is_command else "args"] = list(asked.args)
    if asked.port is not None:
        container["ports"] = [{"containerPort": asked.port}]
    if asked.env:
        container["env"] = [{"name": key, "value": value} if value else {"name": key} for key, value in asked.env]
    container["resources"] = {}
    if asked.pull_policy:
        container["imagePullPolicy"] = asked.pull_policy
    if asked.privileged:
        container["securityContext"] = {"privileged": True}
    flags = (("stdin", asked.stdin), ("stdinOnce", asked.stdin_once), ("tty", asked.tty))
    container |= {key: True for key, is_set in flags if is_set}
    spec = {"containers": [container], "restartPolicy": asked.restart, "dnsPolicy": "ClusterFirst"}
    labels = asked.labels or {"run": asked.name}
    meta = metadata(asked.name, asked.namespace, labels, asked.annotations)
    return object_of("v1", "Pod", meta, spec=spec, status={})
