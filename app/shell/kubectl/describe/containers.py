"""The containers of a Pod or of a template, as `describe` shows them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.quantity import Quantity
from app.kube.tables.table import NONE
from app.shell.kubectl.describe.writer import Writer, rfc1123

__all__ = ["describe_containers"]

Body = Mapping[str, Any]


def describe_containers(
    title: str, containers: Sequence[Body], statuses: Sequence[Body], pod: Body, out: Writer, space: str = ""
) -> None:
    """Write containers under a title; `space` stands before it in a template, which has no statuses."""
    out.line(f"{space}{title}:" if containers else f"{space}{title}: {NONE}")
    known = {status.get("name"): status for status in statuses}
    for container in containers:
        out.line(f"{' ' if space else ''}{container.get('name')}:", 1)
        status = known.get(container.get("name"))
        _basics(container, status, out)
        for key, word in (("command", "Command"), ("args", "Args")):
            if parts := list_at(container, key):
                out.line(f"{word}:", 2)
                for part in parts:
                    for line in str(part).split("\n"):
                        out.line(line, 3)
        if status is not None:
            _state(status, out)
        _resources(container, out)
        for key, word in (("livenessProbe", "Liveness"), ("readinessProbe", "Readiness"), ("startupProbe", "Startup")):
            if container.get(key):
                out.line(f"{word}:\t{_probe(container[key])}", 2)
        _env_from(container, out)
        _env(container, pod, out)
        _mounts(container, out)


def _basics(container: Body, status: Body | None, out: Writer) -> None:
    if status is not None:
        out.line(f"Container ID:\t{status.get('containerID') or ''}", 2)
    out.line(f"Image:\t{container.get('image') or ''}", 2)
    if status is not None:
        out.line(f"Image ID:\t{status.get('imageID') or ''}", 2)
    for key, word in (("containerPort", "Port"), ("hostPort", "Host Port")):
        ports = [f"{port.get(key) or 0}/{port.get('protocol') or 'TCP'}" for port in list_at(container, "ports")]
        out.line(f"{word}{'s' if len(ports) > 1 else ''}:\t{', '.join(ports) or NONE}", 2)


def _state(status: Body, out: Writer) -> None:
    _one_state("State", mapping_at(status, "state"), out)
    if mapping_at(status, "lastState").get("terminated") is not None:
        _one_state("Last State", mapping_at(status, "lastState"), out)
    out.line(f"Ready:\t{bool(status.get('ready'))}", 2)
    out.line(f"Restart Count:\t{status.get('restartCount') or 0}", 2)


def _one_state(title: str, state: Body, out: Writer) -> None:
    if state.get("running") is not None:
        out.line(f"{title}:\tRunning", 2)
        out.line(f"Started:\t{rfc1123(state['running'].get('startedAt'))}", 3)
        return
    ended = state.get("terminated")
    if ended is None:
        out.line(f"{title}:\tWaiting", 2)
        if reason := mapping_at(state, "waiting").get("reason"):
            out.line(f"Reason:\t{reason}", 3)
        return
    out.line(f"{title}:\tTerminated", 2)
    for key, word in (("reason", "Reason"), ("message", "Message")):
        if ended.get(key):
            out.line(f"{word}:\t{ended[key]}", 3)
    out.line(f"Exit Code:\t{ended.get('exitCode') or 0}", 3)
    if ended.get("signal"):
        out.line(f"Signal:\t{ended['signal']}", 3)
    out.line(f"Started:\t{rfc1123(ended.get('startedAt'))}", 3)
    out.line(f"Finished:\t{rfc1123(ended.get('finishedAt'))}", 3)


def _resources(container: Body, out: Writer) -> None:
    for key, word in (("limits", "Limits"), ("requests", "Requests")):
        amounts = mapping_at(container, "resources", key)
        if amounts:
            out.line(f"{word}:", 2)
        for name in sorted(amounts):
            out.line(f"{name}:\t{amounts[name]}", 3)


def _probe(probe: Body) -> str:
    numbers = (
        f"delay={probe.get('initialDelaySeconds') or 0}s timeout={probe.get('timeoutSeconds') or 0}s "
        f"period={probe.get('periodSeconds') or 0}s #success={probe.get('successThreshold') or 0} "
        f"#failure={probe.get('failureThreshold') or 0}"
    )
    if probe.get("exec"):
        return f"exec [{' '.join(map(str, list_at(probe, 'exec', 'command')))}] {numbers}"
    if http := probe.get("httpGet"):
        path = str(http.get("path") or "")
        path = path if not path or path.startswith("/") else f"/{path}"
        port = f":{http['port']}" if http.get("port") else ""
        return f"http-get {str(http.get('scheme') or 'HTTP').lower()}://{http.get('host') or ''}{port}{path} {numbers}"
    if tcp := probe.get("tcpSocket"):
        return f"tcp-socket {tcp.get('host') or ''}:{tcp.get('port')} {numbers}"
    if grpc := probe.get("grpc"):
        return f"grpc <pod>:{grpc.get('port')} {grpc.get('service') or ''} {numbers}"
    return f"unknown {numbers}"


def _env_from(container: Body, out: Writer) -> None:
    sources = list_at(container, "envFrom")
    if sources:
        out.line("Environment Variables from:", 2)
    for source in sources:
        key, word = ("configMapRef", "ConfigMap") if source.get("configMapRef") else ("secretRef", "Secret")
        of = mapping_at(source, key)
        prefix = f" with prefix '{source['prefix']}'" if source.get("prefix") else ""
        out.line(f"{of.get('name')}\t{word}{prefix}\tOptional: {str(bool(of.get('optional'))).lower()}", 3)


def _env(container: Body, pod: Body, out: Writer) -> None:
    variables = list_at(container, "env")
    out.line("Environment:" if variables else f"Environment:\t{NONE}", 2)
    for variable in variables:
        name, source = variable.get("name"), mapping_at(variable, "valueFrom")
        if field := source.get("fieldRef"):
            out.line(f"{name}:\t{_field(pod, field)} ({field.get('apiVersion') or 'v1'}:{field.get('fieldPath')})", 3)
        elif resource := source.get("resourceFieldRef"):
            out.line(f"{name}:\t{_resource(container, resource)} ({resource.get('resource')})", 3)
        elif source:
            key, words = (
                ("secretKeyRef", "in secret") if source.get("secretKeyRef") else ("configMapKeyRef", "of config map")
            )
            of = mapping_at(source, key)
            optional = str(bool(of.get("optional"))).lower()
            out.line(f"{name}:\t<set to the key '{of.get('key')}' {words} '{of.get('name')}'>\tOptional: {optional}", 3)
        else:
            for at, line in enumerate(str(variable.get("value") or "").split("\n")):
                out.line(f"\t{line}" if at else f"{name}:\t{line}", 3)


def _field(pod: Body, field: Body) -> str:
    """Return what the client can tell of a field: only metadata's."""
    path = str(field.get("fieldPath"))
    if path not in ("metadata.name", "metadata.namespace", "metadata.uid"):
        return ""
    return str(mapping_at(pod, "metadata").get(path.removeprefix("metadata."), ""))


def _resource(container: Body, wanted: Body) -> str:
    key, _, name = str(wanted.get("resource")).partition(".")
    amount = mapping_at(container, "resources", key).get(name)
    if amount is None:
        return "0"
    found = Quantity.parse(str(amount))
    divisor = Quantity.parse(str(wanted.get("divisor") or "0"))
    return str(math.ceil(found.value / (divisor.value or 1)))


def _mounts(container: Body, out: Writer) -> None:
    mounts = sorted(list_at(container, "volumeMounts"), key=lambda mount: str(mount.get("mountPath")))
    out.line("Mounts:" if mounts else f"Mounts:\t{NONE}", 2)
    for mount in mounts:
        sub_path = f',path="{mount["subPath"]}"' if mount.get("subPath") else ""
        access = "ro" if mount.get("readOnly") else "rw"
        out.line(f"{mount.get('mountPath')} from {mount.get('name')} ({access}{sub_path})", 3)
