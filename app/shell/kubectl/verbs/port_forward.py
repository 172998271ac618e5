"""`kubectl port-forward`: a local port that leads to one Pod, past every Service.

Source: kubectl pkg/cmd/portforward/portforward.go, k8s.io/client-go tools/portforward/portforward.go.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address

from app.dataplane.localports import local_port
from app.dataplane.netns import NetNs
from app.dataplane.sockets import Listener
from app.kube.bodies import list_at, value_at
from app.kube.objects import Object, Pod
from app.kube.store import Event
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.podfinding import machine_of, meant, pod_of
from app.shell.result import CommandError, CommandResult, not_modelled
from app.workloads.tunnel import Leg, Relay

__all__ = ["port_forward"]

LOOPBACK = IPv4Address("127.0.0.1")
API_SERVER, KUBELET = 6443, 10250


@VERBS.register("port-forward")
def port_forward(call: KubectlCall) -> CommandResult:
    """Forward one or more local ports to a pod."""
    if len(call.args) < 2:
        raise call.usage_error("TYPE/NAME and list of ports are required for port-forward")
    if call.flags.texts("address") not in (["localhost"], ["127.0.0.1"]):
        raise not_modelled("kubectl port-forward --address", "it listens on 127.0.0.1")
    kind, name = meant(call, [call.args[0]])
    found = call.api.get(kind.kind, name, call.namespace)
    pod = pod_of(call, kind, found)
    pairs = [_pair(text, found, pod) for text in call.args[1:]]
    phase = value_at(pod.body, "status", "phase")
    if phase != "Running":
        raise error(f"unable to forward port because pod is not running. Current status={phase or ''}")
    listeners = [_open(call, pod, local, remote) for local, remote in pairs]
    _close_with(call, pod, listeners)
    for listener, (_, remote) in zip(listeners, pairs, strict=True):
        call.say(f"Forwarding from 127.0.0.1:{listener.port} -> {remote}")
        call.say(f"Forwarding from [::1]:{listener.port} -> {remote}")
    call.note("podwalk: it forwards as if in a second window, until the Pod is gone")
    return call.done()


def _pair(text: str, found: Object, pod: Pod) -> tuple[int, int]:
    """Return local and remote port of `[LOCAL:]REMOTE`; a Service's port means its target port. 0: any local port."""
    first, colon, second = text.partition(":")
    if ":" in second:
        raise error(f"invalid port format '{text}'")
    remote_text = second if colon else first
    if not remote_text:
        raise error("remote port cannot be empty")
    remote = _service_port(found, pod, remote_text) if found.kind == "Service" else _pod_port(pod, remote_text)
    local_text = first if colon else remote_text if remote_text.isdecimal() else str(remote)
    if local_text and not (local_text.isdecimal() and int(local_text) <= 65535):
        raise error(f"error parsing local port '{local_text}': strconv.ParseUint: parsing \"{local_text}\": "
                    f"{'value out of range' if local_text.isdecimal() else 'invalid syntax'}")  # fmt: skip
    return int(local_text or 0), remote


def _service_port(service: Object, pod: Pod, text: str) -> int:
    ports = list_at(service.body, "spec", "ports")
    wanted = next((each for each in ports if text in (str(each.get("port")), each.get("name"))), None)
    if wanted is None:
        if text.isdecimal():
            raise error(f"Service {service.name} does not have a service port {text}")
        raise error(f"Service '{service.name}' does not have a named port '{text}'")
    if value_at(service.body, "spec", "clusterIP") == "None":
        return int(wanted["port"])
    target = wanted.get("targetPort", wanted["port"])
    return target if isinstance(target, int) else _pod_port(pod, str(target))


def _pod_port(pod: Pod, text: str) -> int:
    if re.fullmatch(r"[0-9]+", text):
        if not 1 <= int(text) <= 65535:
            raise error("remote port must be > 0")
        return int(text)
    ports = [port for container in list_at(pod.body, "spec", "containers") for port in list_at(container, "ports")]
    number = next((port.get("containerPort") for port in ports if port.get("name") == text), None)
    if number is None:
        raise error(f"Pod '{pod.name}' does not have a named port '{text}'")
    return int(number)


def _open(call: KubectlCall, pod: Pod, local: int, remote: int) -> Listener:
    """Open kubectl's socket and lay the tunnel behind it. CommandError: the port is taken."""
    netns = call.terminal.netns
    port = local or local_port(netns)
    listener = Listener("tcp", port, "kubectl", LOOPBACK, program=Relay(_way(call, netns, pod, remote)))
    try:
        netns.sockets.listen(listener)
    except ValueError:
        why = "bind: address already in use"
        raise CommandError(
            f"Unable to listen on port {port}: Listeners failed to create with the following errors: [unable to create "
            f"listener: Error listen tcp4 127.0.0.1:{port}: {why} unable to create listener: Error listen tcp6 "
            f"[::1]:{port}: {why}]\nerror: unable to listen on any of the requested ports: [{{{port} {remote}}}]\n",
            1,
        ) from None
    return listener


def _way(call: KubectlCall, netns: NetNs, pod: Pod, remote: int) -> tuple[Leg, ...]:
    """Return the legs: kubectl to the API server, that to the Pod's kubelet, that into the Pod."""
    nodes = {node.name: node for node in call.live.file.nodes}
    api = next(node for node in nodes.values() if node.is_control_plane)
    own = nodes[pod.node_name]
    machine = machine_of(call, pod)
    assert machine is not None
    spaces = call.live.network.namespaces
    return (
        Leg(netns, (api.ip, API_SERVER), _relay_at(spaces[api.name], API_SERVER, "kube-apiserver")),
        Leg(spaces[api.name], (own.ip, KUBELET), _relay_at(spaces[own.name], KUBELET, "kubelet")),
        Leg(machine.netns, (LOOPBACK, remote)),
    )


def _relay_at(netns: NetNs, port: int, process: str) -> Relay:
    """Return the relay that listens there; it takes over the socket where the process has one already."""
    there = next((each for each in netns.sockets.listeners if (each.proto, each.port) == ("tcp", port)), None)
    if there is not None and isinstance(there.program, Relay):
        return there.program
    if there is not None:
        netns.sockets.unlisten(there)
    relay = Relay()
    netns.sockets.listen(Listener("tcp", port, process, program=relay))
    return relay


def _close_with(call: KubectlCall, pod: Pod, listeners: list[Listener]) -> None:
    """Close kubectl's sockets when the Pod is gone: `lost connection to pod`."""
    sockets = call.terminal.netns.sockets

    def on_pod(event: Event) -> None:
        if event.type == "DELETED" and event.object.key == pod.key:
            for listener in listeners:
                sockets.unlisten(listener)
            stop()

    stop = call.live.store.watch(on_pod, "Pod")
