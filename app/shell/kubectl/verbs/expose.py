"""`kubectl expose`: a Service for what there is. Source: kubectl pkg/cmd/expose/expose.go, pkg/polymorphichelpers."""

from __future__ import annotations

from collections.abc import Mapping

from app.kube.bodies import list_at, mapping_at
from app.kube.scheme import kind_named
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import NOTHING, dry_run, print_changed
from app.shell.kubectl.creating import send, target_namespace
from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.body import pairs
from app.shell.kubectl.generators.services import Exposed, expose_service
from app.shell.kubectl.manifests import has_files
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.overrides import overridden
from app.shell.kubectl.resources import Target
from app.shell.kubectl.targets import targets
from app.shell.result import CommandResult

__all__ = ["expose"]

_EXPOSABLE = ("Deployment", "Pod", "ReplicaSet", "Service")
_LONGEST_NAME = 63


@VERBS.register("expose")
def expose(call: KubectlCall) -> CommandResult:
    """Take a service, deployment or pod and expose it as a new Kubernetes service."""
    format_of(call)
    if not call.args and not has_files(call):
        raise error(NOTHING)
    for each in targets(call, call.args):
        if each.kind.kind not in _EXPOSABLE:
            raise error(f"cannot expose a {each.kind.kind}")
        _expose(call, each)
    return call.done()


def _expose(call: KubectlCall, each: Target) -> None:
    flags, how = call.flags, dry_run(call)
    selector = pairs(flags.text("selector")) or _selector(each)
    ports = flags.text("port").split(",") if flags.text("port") else _ports(each)
    if not ports and flags.text("cluster-ip") != "None":
        raise error("couldn't find port via --port flag or introspection")
    labels = pairs(flags.text("labels")) if flags.text("labels") else dict(each.object.metadata.labels)
    body = expose_service(
        Exposed(
            name=flags.text("name") or each.name[:_LONGEST_NAME],
            ports=ports,
            selector=selector,
            namespace=target_namespace(call) if how == "client" else "",
            labels=labels,
            protocol=flags.text("protocol"),
            protocols=_protocols(each),
            target_port=flags.text("target-port"),
            type=flags.text("type"),
            external_ip=flags.text("external-ip"),
            load_balancer_ip=flags.text("load-balancer-ip"),
            session_affinity=flags.text("session-affinity"),
            cluster_ip=flags.text("cluster-ip"),
        )
    )
    made = send(call, overridden(call, body))
    print_changed(call, kind_named("Service"), made, "exposed", how, is_typed=how == "client")


def _selector(each: Target) -> Mapping[str, str]:
    """Return the labels by which the Pods of an object are told."""
    body, kind = each.object.body, each.kind.kind
    if kind == "Pod":
        found, why = each.object.metadata.labels, "the pod has no labels and cannot be exposed"
    elif kind == "Service":
        found, why = mapping_at(body, "spec", "selector"), "the service has no pod selector set"
    else:
        found = mapping_at(body, "spec", "selector", "matchLabels")
        why = f"invalid {kind.lower()}: no selectors, therefore cannot be exposed"
        if terms := list_at(body, "spec", "selector", "matchExpressions"):
            why = f'couldn\'t convert expressions - "{terms}" to map-based selector format'
            found = {}
    if not found:
        raise error(f"couldn't retrieve selectors via --selector flag or introspection: {why}")
    return found


def _port_bodies(each: Target) -> list[tuple[str, str]]:
    """Return number and protocol of every port that an object names."""
    body = each.object.body
    if each.kind.kind == "Service":
        found = [(port.get("port"), port.get("protocol")) for port in list_at(body, "spec", "ports")]
    else:
        path = ("spec",) if each.kind.kind == "Pod" else ("spec", "template", "spec")
        found = [
            (port.get("containerPort"), port.get("protocol"))
            for container in list_at(body, *path, "containers")
            for port in list_at(container, "ports")
        ]
    return [(str(port), str(protocol or "TCP")) for port, protocol in found]


def _ports(each: Target) -> list[str]:
    return list(dict.fromkeys(port for port, _ in _port_bodies(each)))


def _protocols(each: Target) -> dict[str, list[str]]:
    protocols: dict[str, list[str]] = {}
    for port, protocol in _port_bodies(each):
        if protocol not in protocols.setdefault(port, []):
            protocols[port].append(protocol)
    return protocols
