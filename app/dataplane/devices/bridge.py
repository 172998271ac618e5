"""The Linux bridge: a switch inside a host, with the host itself plugged in through the bridge's own interface.

        port      port      port
         |         |         |
    =====+====== cni0 =======+=====      FDB: MAC -> port
                   |
          the host's IP stack (cni0's own MAC and address)

Sources: bridge(8); Linux net/bridge/br_input.c (br_handle_frame_finish), br_forward.c, br_device.c (br_dev_xmit).
Simplified: no STP, no VLANs, no multicast snooping.
"""

from __future__ import annotations

from functools import partial
from typing import ClassVar

from app.dataplane.fdb import BridgeFdb, FdbEntry, FdbEvidence
from app.dataplane.headers import BROADCAST_MAC, Ethernet
from app.dataplane.hop import Change
from app.dataplane.interface import BridgePort, Interface
from app.dataplane.link import deliver_up, fits, in_turn, transmit
from app.dataplane.netfilter.bridged import as_copy, calls_iptables, cut_for, forward, prerouting
from app.dataplane.packet import Packet, Skb

__all__ = ["Bridge"]


class Bridge(Interface):
    """A bridge device and its ports."""

    kind: ClassVar[str] = "bridge"

    def __init__(self, name: str, mac: str, mtu: int = 1500) -> None:
        super().__init__(name, mac, mtu)
        self.fdb = BridgeFdb()
        self.ports: list[Interface] = []
        self._is_mtu_set = False
        self.fdb.put(FdbEntry(mac, name, name, is_local=True))

    @property
    def has_carrier(self) -> bool:
        """A bridge has a carrier while one of its ports has."""
        return any(p.is_running for p in self.ports)

    def enslave(self, interface: Interface, *, hairpin: bool = False) -> None:
        """`ip link set IFACE master BRIDGE`: the interface becomes the next port, its MAC a local one."""
        number = 1 + max((p.port.number for p in self.ports if p.port), default=0)
        interface.port = BridgePort(self, number)
        interface.port.hairpin = hairpin
        self.ports.append(interface)
        self.adjust_mtu()
        self.fdb.put(FdbEntry(interface.mac, interface.name, self.name, is_local=True))

    def release(self, interface: Interface) -> None:
        """`ip link set IFACE nomaster`: pull the port out."""
        self.ports.remove(interface)
        interface.port = None
        self.fdb.forget_port(interface.name, keep_local=False)
        self.adjust_mtu()

    def set_mtu(self, mtu: int) -> None:
        """An MTU that was asked for stays (BROPT_MTU_SET_BY_USER)."""
        super().set_mtu(mtu)
        self._is_mtu_set = True

    def set_mac(self, mac: str) -> None:
        """The bridge's own MAC is a local one in its FDB."""
        self.change_local_mac(self, mac)
        super().set_mac(mac)

    def adjust_mtu(self) -> None:
        """Take the smallest MTU of the ports, 1500 without any. Source: br_mtu_auto_adjust()."""
        if not self._is_mtu_set:
            self.mtu = min((p.mtu for p in self.ports), default=1500)

    def change_local_mac(self, interface: Interface, mac: str) -> None:
        """Put a port's new MAC into the FDB in place of its old one. Source: br_fdb_changeaddr()."""
        self.fdb.remove(interface.mac)
        self.fdb.put(FdbEntry(mac, interface.name, self.name, is_local=True))

    def on_down(self) -> None:
        """A bridge that is down forgets what it learned on every port."""
        for port in self.ports:
            self.fdb.forget_port(port.name, keep_local=True)

    # --- a frame from the host's own stack ---------------------------------------------------------------------------

    def transmit(self, packet: Packet) -> None:
        """Forward a frame that the host sends through the bridge's interface."""
        assert packet.eth is not None
        if packet.skb is not None and packet.skb.bridge_port:
            self._resume(packet, packet.skb)
            return
        if packet.eth.dst == BROADCAST_MAC:
            self._flood(packet, None)
            return
        entry = self.fdb.lookup(packet.eth.dst, self.netns.clock.now_us)
        if entry is None:
            self._flood(packet, None)
        elif not entry.is_local:
            self._forward(packet, None, entry)

    # --- a frame from a port -----------------------------------------------------------------------------------------

    def handle_frame(self, port: Interface, packet: Packet) -> None:
        """Learn where the sender is, then forward, flood, or hand the frame up to the host.

        A promiscuous bridge hands up a copy of everything, after it has forwarded.
        """
        eth = packet.eth
        assert eth is not None and port.port is not None
        if not self.up:
            params: dict[str, str | int] = {"bridge": self.name, "port": port.name}
            self.netns.hop(packet, "bridge-drop", self.name, "bridge", "bridge-drop-down", params, self.link_evidence())
            return
        passed = prerouting(self, port, packet) if calls_iptables(self, packet) else packet
        if passed is not None:
            self._finish(port, passed)

    def _resume(self, packet: Packet, skb: Skb) -> None:
        """Go on with a bridged frame that DNAT has sent by way of the neighbour table: it gets its sender's MAC back.

        Source: br_nf_pre_routing_finish_bridge_slow(), called by br_dev_xmit().
        """
        assert packet.eth is not None
        port = self.netns.interfaces[skb.bridge_port]
        change = Change("eth.src", packet.eth.src, skb.frame_src)
        self._finish(port, packet.with_eth(Ethernet(skb.frame_src, packet.eth.dst)), (change,))

    def _finish(self, port: Interface, packet: Packet, changes: tuple[Change, ...] = ()) -> None:
        """Learn and decide (br_handle_frame_finish)."""
        eth = packet.eth
        assert eth is not None and port.port is not None
        if port.port.learning:
            self._learn(port, packet, eth.src)
        copy_up = self.promisc or eth.dst == BROADCAST_MAC
        entry = None if eth.dst == BROADCAST_MAC else self.fdb.lookup(eth.dst, self.netns.clock.now_us)
        if entry is not None and entry.is_local:
            self._hand_up(packet, entry)
            return
        if entry is None:
            self._flood(packet, port)
        else:
            self._forward(packet, port, entry, changes)
        if copy_up:
            self._hand_up(packet, None)

    def _learn(self, port: Interface, packet: Packet, mac: str) -> None:
        """Note the sender's port, and tell when that is news."""
        new = self.fdb.learn(mac, port.name, self.name, self.netns.clock.now_us)
        if new is not None:
            params: dict[str, str | int] = {"bridge": self.name, "mac": mac, "port": port.name}
            self.netns.hop(packet, "bridge-learn", self.name, "bridge", "bridge-learn", params, FdbEvidence(mac, new))

    def _hand_up(self, packet: Packet, entry: FdbEntry | None) -> None:
        """Give the frame to the host's stack, as if it had come in by the bridge's interface (br_pass_frame_up)."""
        assert packet.eth is not None
        if entry is None and packet.eth.dst != BROADCAST_MAC:
            # A promiscuous bridge's copy goes its own way from here: it is a packet of its own.
            number = self.netns.network.next_number()
            packet = Packet(number, packet.leg, packet.attempt, packet.eth, packet.net, packet.skb)
        if self.netns.is_tapped:
            code = "receive-up" if entry else "receive-up-copy"
            evidence = FdbEvidence(entry.mac, entry) if entry else self.link_evidence()
            self.netns.hop(packet, "receive", self.name, "bridge", code, {"iface": self.name}, evidence)
        if entry is None and packet.skb is not None:
            packet = packet.with_skb(as_copy(packet.skb))
        deliver_up(self, packet)

    def _forward(
        self, packet: Packet, came_from: Interface | None, entry: FdbEntry, changes: tuple[Change, ...] = ()
    ) -> None:
        """Send the frame out of the port that the FDB names."""
        assert packet.eth is not None
        port = self.netns.interfaces[entry.port]
        evidence = FdbEvidence(entry.mac, entry)
        params: dict[str, str | int] = {"bridge": self.name, "mac": entry.mac, "port": port.name}
        if port is came_from and not (port.port and port.port.hairpin):
            self.netns.hop(packet, "bridge-drop", self.name, "bridge", "bridge-drop-hairpin", params, evidence)
            return
        self.netns.hop(packet, "bridge-forward", self.name, "bridge", "bridge-forward", params, evidence, changes)
        self._send(packet, port)

    def _flood(self, packet: Packet, came_from: Interface | None) -> None:
        """Send a copy out of every port that may have it: not the one it came from, unless that is in hairpin mode."""
        assert packet.eth is not None
        mac = packet.eth.dst
        # The kernel puts a new port before the others (list_add_rcu in new_nbp), and floods in that order.
        ports = [p for p in reversed(self.ports) if p.port and p.is_running and (p is not came_from or p.port.hairpin)]
        ports = [p for p in ports if mac == BROADCAST_MAC or (p.port and p.port.flood)]
        params: dict[str, str | int] = {"bridge": self.name, "mac": mac, "count": len(ports)}
        code = "bridge-flood" if mac == BROADCAST_MAC else "bridge-flood-unknown"
        evidence = FdbEvidence(mac, None, () if mac == BROADCAST_MAC else self.fdb.entries(self.netns.clock.now_us))
        self.netns.hop(packet, "bridge-flood", self.name, "bridge", code, params, evidence)
        for port in ports:
            self._send(packet, port)

    def _send(self, packet: Packet, port: Interface) -> None:
        """Hand the frame to the port, unless a rule forbids it (br_forward)."""
        if packet.skb is not None and packet.skb.bridge_port:
            passed = forward(self, port, packet)
            pieces = cut_for(self, port, passed) if passed is not None else []
        else:
            pieces = [packet]
        in_turn(self.netns, [partial(self._push, port, piece) for piece in pieces])

    def _push(self, port: Interface, packet: Packet) -> None:
        """Send the frame out of the port, unless it is too long for it (br_dev_queue_push_xmit)."""
        if not fits(port, packet):
            length = getattr(packet.net, "length", 0)
            params: dict[str, str | int] = {"iface": port.name, "mtu": port.mtu, "length": length}
            self.netns.hop(packet, "bridge-drop", self.name, "bridge", "drop-too-long", params, port.link_evidence())
            return
        transmit(port, packet, "transmit-port", {"iface": port.name, "bridge": self.name}, port.link_evidence())
