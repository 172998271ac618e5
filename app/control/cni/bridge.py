"""The plain CNI `bridge` plugin with host-local, as a hand-made cluster has it: a bridge on every node, no daemon.

    Pod --veth--> cni0 (10.2.1.1/24) --routing--> 10.2.2.0/24 via 10.0.0.12 dev ens33

The plugin itself knows one node only. The routes between the nodes are those that an administrator adds by hand
(`ip route add`, as in "Kubernetes The Hard Way"). ipMasq makes everything that leaves the node's own range take the
node's address, Pods of other nodes included.
Source: containernetworking/plugins, plugins/main/bridge, pkg/ip/ipmasq_iptables_linux.go, pkg/utils/utils.go.
"""

from __future__ import annotations

import hashlib
from ipaddress import IPv4Interface

from app.control.bridge import BridgeNetwork
from app.control.cni import AddRequest, CniPlugin, plugins, refuse_options
from app.control.naming import sandbox_id
from app.dataplane.fib import Route
from app.dataplane.netns import NetNs
from app.kube.clusterfile import ClusterFile
from app.kube.objects import Node, Pod

NETWORK = "bridge"
"""`name` in the network's configuration file."""
MTU = 1500
"""Without `mtu` in its configuration the plugin leaves the kernel's default, whatever the node's card has."""
CHAIN_LENGTH = 28


def chain_name(network: str, container_id: str) -> str:
    """Return the chain of one Pod's ipMasq rules. Source: utils.MustFormatChainNameWithPrefix()."""
    return ("CNI-" + hashlib.sha512(f"{network}{container_id}".encode()).hexdigest())[:CHAIN_LENGTH]


@plugins.register("bridge")
class PlainBridge(CniPlugin):
    """`{"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "ipam": {"type": "host-local"}}`."""

    def __init__(self, cluster: ClusterFile) -> None:
        hint = "remove it: the bridge plugin has no options here"
        refuse_options(
            cluster, hint, backend="is flannel's", encapsulation="is calico's", directRouting="is flannel's"
        )  # fmt: skip
        self.nodes = cluster.nodes
        self.networks = {node.name: BridgeNetwork(node.pod_cidr, MTU, hairpin=False) for node in self.nodes}

    @property
    def title(self) -> str:
        """Nothing to choose."""
        return "bridge"

    def start_node(self, node: Node, netns: NetNs) -> None:
        """Add the routes to the other nodes' ranges."""
        others = (other for other in self.nodes if other.name != node.name)
        routes = [Route(other.pod_cidr, node.interface, via=other.ip) for other in others]
        netns.fib.keep((*netns.fib.routes, *routes))

    def add(self, request: AddRequest) -> None:
        """Connect the Pod to the bridge and set up its masquerading."""
        address = self.networks[request.node.name].add(request)
        _masquerade(request.node_netns, request.pod, address)

    def delete(self, request: AddRequest) -> None:
        """Cut the Pod off and take its masquerading away."""
        self.networks[request.node.name].delete(request)
        _unmasquerade(request.node_netns, request.pod)


def _masquerade(netns: NetNs, pod: Pod, address: IPv4Interface) -> None:
    """Write one Pod's ipMasq rules. Source: SetupIPMasqIPTables()."""
    sandbox = sandbox_id(pod.namespace, pod.name)
    chain = chain_name(NETWORK, sandbox)
    note = f'-m comment --comment "name: \\"{NETWORK}\\" id: \\"{sandbox}\\""'
    rules = (f"-d {address.network} {note} -j ACCEPT", f"! -d 224.0.0.0/4 {note} -j MASQUERADE")
    lines = "".join(f"-A {chain} {rule}\n" for rule in rules)
    netns.netfilter.restore(f"*nat\n:{chain} - [0:0]\n{lines}COMMIT\n", flush=False)
    netns.netfilter.ensure("nat", "POSTROUTING", f"-s {address.ip} {note} -j {chain}")


def _unmasquerade(netns: NetNs, pod: Pod) -> None:
    """Take one Pod's ipMasq rules away. Source: TeardownIPMasqIPTables()."""
    name = chain_name(NETWORK, sandbox_id(pod.namespace, pod.name))
    table = netns.netfilter.table("nat")
    chain = netns.netfilter.chain(table, "POSTROUTING")
    for line in [line for line in chain.lines if line.endswith(f"-j {name}")]:
        chain = chain.without(chain.lines.index(line))
    table.put(chain)
    if name in table.chains:
        table.put(table.chains[name].emptied())
        netns.netfilter.delete_chain(table, name)
