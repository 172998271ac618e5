"""Build a modelled cluster in real network namespaces: every table of the model becomes the kernel's.

The model is read, not the cluster file: what is asked of the kernel is exactly what packets walk through in the model.
Rules and sets go over as the text that the modelled terminal prints.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.vxlan import VxlanDevice
from app.dataplane.interface import Interface
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.shell import execute

#: What a kernel does besides that the model does not, and what would be taken over from this machine's own namespace.
QUIET = {
    "net.ipv6.conf.all.disable_ipv6": "1",
    "net.ipv6.conf.default.disable_ipv6": "1",
    "net.ipv4.conf.default.rp_filter": "0",
    "net.ipv4.conf.default.send_redirects": "1",
    "net.ipv4.tcp_no_metrics_save": "1",
    "net.ipv4.ip_local_port_range": "32768 60999",
}
ROOT = Path(__file__).parents[2]
#: Seconds; it takes one at most.
CARRIER = 20.0


class LabError(Exception):
    """The kernel, or a tool, did not take what was asked."""


class Lab:
    """A laboratory process and the namespaces in it."""

    def __init__(self) -> None:
        argv = ["unshare", "--net", sys.executable, "-m", "tests.differential.kernel"]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self._paths: dict[str, str] = {}

    def close(self) -> None:
        """End the process: its namespaces end with it."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def call(self, op: str, **arguments: Any) -> Any:
        """Ask the laboratory for one operation. LabError: what it says went wrong."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": op, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise LabError(f"the laboratory ended with {self._process.wait()} at {op} {arguments}")
        answer = json.loads(line)
        if "error" in answer:
            raise LabError(answer["error"])
        return answer["ok"]

    def run(self, netns: str, *argv: str, text: str = "") -> str:
        """Run a program in a namespace and return what it printed. LabError where it fails."""
        done = self.call("run", netns=netns, argv=list(argv), text=text)
        if done["code"] != 0:
            raise LabError(f"{netns}: {' '.join(argv)}: {done['stderr']}\n{text}")
        return str(done["stdout"])

    def batch(self, netns: str, tool: str, lines: Iterable[str]) -> None:
        """Run lines of `ip` or `bridge`."""
        text = "".join(f"{line}\n" for line in lines)
        if text:
            self.run(netns, tool, "-batch", "-", text=text)

    # --- the model's tables -------------------------------------------------------------------------------------------

    def build(self, network: Network) -> None:
        """Make every namespace of `network` with all that is in it."""
        for netns in network.namespaces.values():
            self._paths[netns.name] = self.call("netns", name=netns.name)
            self.call("sysctl", netns=netns.name, values=QUIET)
        for netns in network.namespaces.values():
            self.batch(netns.name, "ip", self._links(netns))
        for netns in network.namespaces.values():
            self._connect(netns)
        for netns in network.namespaces.values():
            self.batch(netns.name, "ip", _addresses(netns))
            self.batch(netns.name, "ip", _routes(netns))
            self.batch(netns.name, "ip", _neighbours(netns))
            self.call("sysctl", netns=netns.name, values=_no_proxy_delay(netns) | netns.sysctls)
            self.load(netns)
            for listener in netns.sockets.listeners:
                at = {"proto": listener.proto, "address": str(listener.address), "port": listener.port}
                self.call("listen", netns=netns.name, **at)
            if netns.is_tapped:
                self.call("tap", netns=netns.name)
        self._wait_for_carriers(network)

    def _wait_for_carriers(self, network: Network) -> None:
        """Wait until every port forwards: the kernel notices a carrier some time after the other end was set up."""
        until = time.monotonic() + CARRIER
        waiting = list(network.namespaces)
        while waiting:
            states = {name: self.run(name, "bridge", "link") + self.run(name, "ip", "-br", "link") for name in waiting}
            waiting = [name for name, text in states.items() if re.search("state (?!forwarding)|DOWN", text)]
            if time.monotonic() > until:
                raise LabError(f"no carrier after {CARRIER} s: {[states[name] for name in waiting]}")

    def load(self, netns: NetNs) -> None:
        """Load the model's IP sets and rules: what `ipset save`, `iptables-save` and `nft list ruleset` print at the modelled
        terminal. The tables of nftables come last, as in the model: of chains with one priority theirs are first then."""
        sets = execute(netns, "ipset save").stdout
        if sets:
            self.run(netns.name, "ipset", "-exist", "restore", text=sets)
        rules = execute(netns, "iptables-save").stdout
        if rules:
            self.run(netns.name, "iptables-restore", text=rules)
        tables = execute(netns, "nft list ruleset").stdout
        if tables:
            self.run(netns.name, "nft", "-f", "-", text=tables)

    def forget(self, network: Network) -> None:
        """Make every cache cold, and empty the sets that the rules of nftables fill."""
        self.call("forget")
        for netns in network.namespaces.values():
            filled = [(t.name, s) for t in netns.nft.tables.values() for s in t.sets.values() if "dynamic" in s.flags]
            if filled:
                text = "".join(f"flush set ip {table} {found.name}\n" for table, found in filled)
                self.run(netns.name, "nft", "-f", "-", text=text)

    def _links(self, netns: NetNs) -> Iterable[str]:
        """Yield the `ip` lines that make the interfaces; a cable is laid from the end that comes first."""
        yield "link set lo up"
        for dev in netns.interfaces.values():
            if isinstance(dev, Bridge):
                yield f"link add name {dev.name} address {dev.mac} type bridge mcast_snooping 0"
            elif isinstance(dev, VxlanDevice):
                how = f"id {dev.vni} local {dev.local} dev {dev.lower} dstport {dev.dst_port} nolearning"
                yield f"link add name {dev.name} address {dev.mac} mtu {dev.mtu} type vxlan {how}"
            elif dev.peer is not None and _comes_first(dev):
                yield f"link add {_end(dev)} type veth peer {_end(dev.peer)} netns {self._paths[dev.peer.netns.name]}"

    def _connect(self, netns: NetNs) -> None:
        """Plug ports into bridges and set everything up, in the model's order."""
        bridges = [dev for dev in netns.interfaces.values() if isinstance(dev, Bridge)]
        ports = [(port, bridge) for bridge in bridges for port in bridge.ports]
        self.batch(netns.name, "ip", (f"link set {port.name} master {bridge.name}" for port, bridge in ports))
        hairpins = [port.name for port, _ in ports if port.port and port.port.hairpin]
        self.batch(netns.name, "bridge", (f"link set dev {name} hairpin on" for name in hairpins))
        self.batch(netns.name, "ip", (f"link set {dev.name} up" for dev in netns.interfaces.values() if dev.up))
        tunnels = [dev for dev in netns.interfaces.values() if isinstance(dev, VxlanDevice)]
        vteps = [entry for tunnel in tunnels for entry in tunnel.fdb.entries()]
        self.batch(netns.name, "bridge", (f"fdb append {e.mac} dev {e.dev} dst {e.dst}" for e in vteps))


def _no_proxy_delay(netns: NetNs) -> dict[str, str]:
    """Return the setting with which proxy ARP answers at once, as Felix sets it on its cables."""
    return {f"net.ipv4.neigh.{dev.name.replace('.', '/')}.proxy_delay": "0" for dev in netns.interfaces.values()}


def _comes_first(dev: Interface) -> bool:
    """Whether the cable is laid from this end."""
    assert dev.peer is not None
    names = list(dev.netns.network.namespaces)
    return names.index(dev.netns.name) < names.index(dev.peer.netns.name)


def _end(dev: Interface) -> str:
    return f"name {dev.name} address {dev.mac} mtu {dev.mtu}"


def _addresses(netns: NetNs) -> Iterable[str]:
    for dev in netns.interfaces.values():
        if dev.kind != "loopback":
            for address in dev.addresses:
                yield f"address add {address.interface} dev {dev.name}"


def _routes(netns: NetNs) -> Iterable[str]:
    """Yield the routes that somebody wrote; the kernel makes its own from the addresses."""
    for route in netns.fib.routes:
        if route.table == "main" and route.proto != "kernel":
            yield f"route add {route.text()}"


def _neighbours(netns: NetNs) -> Iterable[str]:
    for entry in netns.neigh.entries(netns.clock.now_us):
        yield f"neighbour replace {entry.ip} lladdr {entry.mac} dev {entry.dev} nud permanent"
