"""What the CNI `bridge` plugin does: cni0 on the node, a veth pair into the Pod, an address from host-local.

flannel's plugin delegates to it. The bridge does not exist before the first Pod.
Source: containernetworking/plugins, plugins/main/bridge/bridge.go, pkg/ip/link_linux.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from app.control.cni import AddRequest
from app.control.ipam.host_local import HostLocal
from app.control.naming import host_veth_mac, host_veth_name, pod_mac
from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.veth import Veth, connect
from app.dataplane.fib import DEFAULT, Route
from app.dataplane.interface import Interface
from app.dataplane.netns import NetNs

BRIDGE = "cni0"
POD_INTERFACE = "eth0"


class BridgeNetwork:
    """One node's bridge network: isDefaultGateway on, hairpinMode too, as flannel's conf list has it.

    `mtu` in bytes is that of the bridge and both ends of every veth; `routes` go into each Pod, via the bridge.
    """

    def __init__(
        self, subnet: IPv4Network, mtu: int, routes: Sequence[IPv4Network] = (), *, hairpin: bool = True
    ) -> None:
        self.hairpin = hairpin
        self.ipam = HostLocal.of([subnet])
        self.gateway = IPv4Interface((subnet.network_address + 1, subnet.prefixlen))
        self.mtu = mtu
        self.routes = [route for route in routes if route != subnet]

    def add(self, request: AddRequest) -> IPv4Interface:
        """Connect a Pod; return its address. IpamError: host-local has none for it."""
        pod = request.pod
        address = self.ipam.get(str(pod.key), pod.pinned_ip, request.avoid)
        assert isinstance(address, IPv4Interface)
        bridge = self._bridge(request.node_netns)
        host_end = Veth(host_veth_name(pod.namespace, pod.name), host_veth_mac(address.ip), self.mtu)
        pod_end = Veth(POD_INTERFACE, pod_mac(address.ip), self.mtu)
        connect(host_end, pod_end)
        request.node_netns.add(host_end)
        request.pod_netns.add(pod_end)
        bridge.enslave(host_end, hairpin=self.hairpin)
        request.node_netns.set_up(host_end.name)
        self._configure(request.pod_netns, pod_end, address)
        return address

    def delete(self, request: AddRequest) -> None:
        """Take a Pod's address back."""
        self.ipam.release(str(request.pod.key))

    def _bridge(self, netns: NetNs) -> Bridge:
        found: Interface | None = netns.interfaces.get(BRIDGE)
        if found is None:
            found = netns.add(Bridge(BRIDGE, pod_mac(self.gateway.ip), self.mtu))
            netns.set_up(BRIDGE)
            netns.add_address(BRIDGE, self.gateway)
        assert isinstance(found, Bridge)
        return found

    def _configure(self, netns: NetNs, pod_end: Veth, address: IPv4Interface) -> None:
        netns.set_up(pod_end.name)
        netns.add_address(pod_end.name, address)
        via: IPv4Address = self.gateway.ip
        for prefix in (DEFAULT, *self.routes):
            netns.fib.add(Route(prefix, pod_end.name, via=via))
