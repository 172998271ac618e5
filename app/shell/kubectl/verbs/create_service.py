"""`kubectl create service TYPE NAME`. Source: kubectl pkg/cmd/create/create_service.go."""

from __future__ import annotations

from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import require
from app.shell.kubectl.creating import create_generated, name_of_args, target_namespace
from app.shell.kubectl.generators.services import create_service
from app.shell.result import CommandResult

__all__ = ["cluster_ip", "external_name", "load_balancer", "node_port"]


def _created(
    call: KubectlCall, kind: str, *, cluster_ip: str = "", node_port: int = 0, external_name: str = ""
) -> CommandResult:
    body = create_service(
        kind,
        name_of_args(call),
        target_namespace(call),
        call.flags.texts("tcp"),
        cluster_ip=cluster_ip,
        node_port=node_port,
        external_name=external_name,
    )
    return create_generated(call, body, f"failed to create {kind} service: ")


@VERBS.register("create service clusterip")
def cluster_ip(call: KubectlCall) -> CommandResult:
    """Create a ClusterIP service."""
    return _created(call, "ClusterIP", cluster_ip=call.flags.text("clusterip"))


@VERBS.register("create service nodeport")
def node_port(call: KubectlCall) -> CommandResult:
    """Create a NodePort service."""
    return _created(call, "NodePort", node_port=call.flags.number("node-port"))


@VERBS.register("create service loadbalancer")
def load_balancer(call: KubectlCall) -> CommandResult:
    """Create a LoadBalancer service."""
    return _created(call, "LoadBalancer")


@VERBS.register("create service externalname")
def external_name(call: KubectlCall) -> CommandResult:
    """Create an ExternalName service."""
    require(call, "external-name")
    return _created(call, "ExternalName", external_name=call.flags.text("external-name"))
