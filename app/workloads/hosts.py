"""What a host has beside its network: its files of names, and on the gateway the resolver of the network.

Source: hosts(5), resolv.conf(5).
"""

from __future__ import annotations

from app.dataplane.sockets import Listener
from app.workloads.dns.resolvconf import node_resolv_conf
from app.workloads.dns.transport import DnsProgram
from app.workloads.dns.upstream import ZONE_FILE, Upstream
from app.workloads.machine import Machine, World

__all__ = ["prepare_host"]

GATEWAY = "ext/gateway"


def prepare_host(machine: Machine, world: World) -> None:
    """Write a host's /etc/hostname, /etc/hosts and /etc/resolv.conf; on the gateway run the network's resolver."""
    files, name = machine.files, machine.hostname
    files.write("/etc/hostname", f"{name}\n")
    files.write("/etc/hosts", f"127.0.0.1\tlocalhost\n127.0.1.1\t{name}\n")
    files.write("/etc/resolv.conf", node_resolv_conf(world.spec))
    if machine.name == GATEWAY:
        upstream = Upstream(machine.netns, world.spec.upstream_dns)
        files.write(ZONE_FILE, upstream.zone_text())
        program = DnsProgram(upstream.respond)
        for proto in ("udp", "tcp"):
            machine.netns.sockets.listen(Listener(proto, 53, "dnsmasq", program=program))
