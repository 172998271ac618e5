"""What runs on a host or in a container, as far as it is modelled: for `ps`, `crictl` and `nsenter`.

PIDs, in truth given in the order of start, are derived from names; a container's program is 1 in its own PID namespace.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from hashlib import sha256

from msgspec import Struct

from app.dataplane.netns import NetNs
from app.kube.listens import image_name
from app.shell.terminal import Terminal
from app.workloads.machine import Container, Machine

__all__ = ["Process", "container_id", "containers_of", "pid_of", "pod_id", "processes_of"]

FIRST_PID, PIDS = 1000, 31000
#: What every node runs, in the order of their start.
NODE_PROGRAMS = (
    ("containerd", "/usr/bin/containerd"),
    ("kubelet", "/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml"),
    ("kube-proxy", "/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf"),
)
#: What an image runs where the manifest says nothing else.
COMMANDS_OF = {
    "nginx": "nginx: master process nginx -g daemon off;",
    "whoami": "/whoami",
    "coredns": "/coredns -conf /etc/coredns/Corefile",
    "nginx-ingress": "/nginx-ingress",
    "controller": "/nginx-ingress-controller",
    "traefik": "traefik traefik",
    "busybox": "sh",
    "dnsutils": "/bin/sh",
}


class Process(Struct, frozen=True):
    """One process: its number in the PID namespace that is looked from, its command line, and where its network is."""

    pid: int
    command: str
    netns: NetNs
    started_us: int = 0


def pid_of(netns: str, name: str) -> int:
    """Return the number that a program has on its host."""
    return FIRST_PID + zlib.crc32(f"{netns} {name}".encode()) % PIDS


def command_of(container: Container) -> str:
    """Return the command line of a container's program."""
    last = image_name(container.image).rpartition("/")[2]
    return " ".join(container.command) or COMMANDS_OF.get(last, last)


def containers_of(at: Terminal) -> Iterator[tuple[Machine, Container]]:
    """Yield every container of the node that a terminal is on, in the order of their Pods' names."""
    live = at.live
    if live is None or at.container is not None:
        return
    for _, machine in sorted(live.machines.items()):
        if machine.pod is not None and machine.pod.node_name == at.netns.host:
            for container in machine.containers.values():
                yield machine, container


def processes_of(at: Terminal) -> list[Process]:
    """Return what runs where a terminal is."""
    if at.container is not None:
        running = [at.container] if at.container.state == "running" else []
        return [Process(1, command_of(each), at.netns, each.started_us) for each in running]
    found = [Process(1, "/sbin/init", at.netns)]
    if at.machine is not None and at.machine.name.startswith("node/"):
        found += [Process(pid_of(at.netns.name, name), line, at.netns) for name, line in NODE_PROGRAMS]
    taken = {each.pid for each in found}
    for machine, container in containers_of(at):
        if container.state != "running":
            continue
        pid = pid_of(machine.name, container.name)
        while pid in taken:
            pid += 1
        taken.add(pid)
        found.append(Process(pid, command_of(container), machine.netns, container.started_us))
    return sorted(found, key=lambda each: each.pid)


def container_id(machine: Machine, container: Container) -> str:
    """Return a container's ID, 64 hex digits; each restart makes a new one."""
    return sha256(f"{machine.name} {container.name} {container.restarts}".encode()).hexdigest()


def pod_id(machine: Machine) -> str:
    """Return the ID of a Pod's sandbox."""
    return sha256(machine.name.encode()).hexdigest()
