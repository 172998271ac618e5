"""Pages of hosts: what outside hosts serve, and the few answers of kube-apiserver to strangers.

The page tells who asked as that host saw it: whether a node masqueraded is read there. Sources: Kubernetes
pkg/routes, staging/src/k8s.io/apiserver/pkg/server (healthz, version; the answer to anonymous users).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial

from msgspec.structs import replace

from app.core.addresstext import address_text
from app.dataplane.netns import NetNs
from app.dataplane.sockets import Listener
from app.workloads.http.message import HttpResponse
from app.workloads.http.server import Exchange, HttpServer
from app.workloads.machine import Machine, World
from app.workloads.simpleserver import go_response
from app.workloads.tls.certificates import Certificate, self_signed

__all__ = ["serve_hosts"]

API_SERVER = "kube-apiserver"
#: Ports on which a client expects TLS.
TLS_PORTS = frozenset({443, 8443})
DNS_PORT = 53
HEALTH = ("/healthz", "/livez", "/readyz")


def serve_hosts(world: World) -> None:
    """Put a program behind every TCP socket of hosts that has none."""
    for machine in world.machines.values():
        if machine.pod is None:
            sockets = machine.netns.sockets
            sockets.listeners = [_served(each, machine, world) for each in sockets.listeners]


def _served(listener: Listener, machine: Machine, world: World) -> Listener:
    if listener.proto != "tcp" or listener.program is not None or not listener.is_served or listener.port == DNS_PORT:
        return listener
    if listener.process == API_SERVER:
        own = _api_certificate(machine.netns, machine.hostname, world)
        return replace(listener, program=_server(API_SERVER, partial(_api, world), own))
    if not machine.name.startswith("ext/"):
        return listener
    shown = self_signed(machine.hostname, [machine.hostname]) if listener.port in TLS_PORTS else None
    return replace(listener, program=_server(listener.process, partial(_page, world, machine.hostname), shown))


def _server(process: str, handler: partial[None], shown: Certificate | None) -> HttpServer:
    return HttpServer(process, handler, certificates=None if shown is None else lambda _name: shown)


def _page(world: World, hostname: str, exchange: Exchange) -> None:
    """Answer with who asked."""
    remote = f"{address_text(exchange.client)}:{exchange.remote[1]}"
    lines = [f"Hostname: {hostname}", f"RemoteAddr: {remote}", exchange.request.line]
    exchange.respond(go_response(world, "".join(f"{line}\n" for line in lines).encode()))


def _api_certificate(netns: NetNs, hostname: str, world: World) -> Certificate:
    """Return a certificate with the names that kubeadm writes."""
    service = ["kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    own = [str(a.interface.ip) for i in netns.interfaces.values() if i.kind == "nic" for a in i.addresses]
    first = str(world.spec.service_cidr[1])
    return self_signed(API_SERVER, [*service, f"{service[-1]}.{world.spec.cluster_domain}", hostname, first, *own])


def _api(world: World, exchange: Exchange) -> None:
    """Answer a request without credentials."""
    path = exchange.request.path
    if path in HEALTH:
        exchange.respond(go_response(world, b"ok"))
        return
    if path == "/version":
        major, _, minor = world.spec.kubernetes_version.partition(".")
        version = {"major": major, "minor": minor.partition(".")[0], "gitVersion": world.spec.git_version}
        exchange.respond(_json(world, 200, version))
        return
    message = f'forbidden: User "system:anonymous" cannot {_verb(exchange.request.method)} path "{path}"'
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
              "reason": "Forbidden", "details": {}, "code": 403}  # fmt: skip
    exchange.respond(_json(world, 403, status))


def _json(world: World, status: int, value: Mapping[str, object]) -> HttpResponse:
    return go_response(world, json.dumps(value, indent=2).encode(), status, "application/json")


def _verb(method: str) -> str:
    return {"GET": "get", "HEAD": "head", "POST": "post", "PUT": "put", "DELETE": "delete", "PATCH": "patch"}.get(
        method, method.lower()
    )
