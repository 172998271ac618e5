"""The graph of a network and the questions that are asked of it."""

from collections import Counter

from app.control.topology import Vertex, is_connected, netns_vertex, path, topology
from tests.unit.control.conftest import build, pod


def interface(name: str) -> Vertex:
    return ("if", name)


def small(backend: str = "vxlan") -> str:
    return f"{{cni: {{backend: {backend}}}, nodes: [{{name: n1}}, {{name: n2}}], external: [{{name: x, ip: 203.0.113.9}}]}}"


PODS = (pod("a", "n1"), pod("b", "n1"), pod("c", "n2"))


def test_edges_say_what_joins_their_ends() -> None:
    graph = topology(build(small(), *PODS))
    kinds = Counter(data["kind"] for *_, data in graph.edges(data=True))
    assert (kinds["veth"], kinds["port"], kinds["wire"], kinds["tunnel"]) == (3, 3 + 3, 3 + 1, 1)
    assert kinds["contains"] == sum(vertex[0] == "if" for vertex in graph)
    assert graph.edges[interface("n1:flannel.1"), interface("n2:flannel.1")]["kind"] == "tunnel"
    assert graph.nodes[interface("n1:cni0")]["device"] == "bridge"


def test_two_pods_of_a_node_are_joined_by_their_cables_and_the_bridge() -> None:
    graph = topology(build(small(), *PODS))
    way = path(graph, interface("pod/default/a:eth0"), interface("pod/default/b:eth0"))
    assert [name.partition(":")[2][:4] for _, name in way] == ["eth0", "veth", "cni0", "veth", "eth0"]


def test_two_pods_of_two_nodes_are_joined_by_the_tunnel_or_by_the_wire() -> None:
    for backend, by in (("vxlan", "n1:flannel.1"), ("host-gw", "underlay:lan0")):
        graph = topology(build(small(backend), *PODS))
        way = path(graph, netns_vertex("pod/default/a"), netns_vertex("pod/default/c"))
        assert interface(by) in way
        assert [way[0], way[-1]] == [netns_vertex("pod/default/a"), netns_vertex("pod/default/c")]


def test_every_namespace_of_a_cluster_hangs_together() -> None:
    network = build(small(), *PODS)
    graph = topology(network)
    first = netns_vertex("pod/default/a")
    assert all(is_connected(graph, first, netns_vertex(name)) for name in network.namespaces if name != "underlay")


def test_an_interface_that_is_down_joins_nothing_when_only_what_is_up_counts() -> None:
    network = build(small("host-gw"), *PODS)
    network.namespaces["n1"].set_down("ens33")
    a, c = netns_vertex("pod/default/a"), netns_vertex("pod/default/c")
    assert is_connected(topology(network), a, c)
    assert not is_connected(topology(network, only_up=True), a, c)
    assert path(topology(network, only_up=True), a, c) == []


def test_without_the_fdb_entries_there_is_no_tunnel() -> None:
    network = build(small(), *PODS)
    for name in ("n1", "n2"):
        device = network.namespaces[name].interfaces["flannel.1"]
        for entry in device.fdb.entries():  # type: ignore[attr-defined]
            device.fdb.remove(entry.mac)  # type: ignore[attr-defined]
    assert not topology(network).has_edge(interface("n1:flannel.1"), interface("n2:flannel.1"))


def test_what_is_not_there_is_connected_to_nothing() -> None:
    graph = topology(build(small(), *PODS))
    assert not is_connected(graph, netns_vertex("pod/default/a"), netns_vertex("pod/default/z"))
    assert path(graph, netns_vertex("n1"), netns_vertex("nowhere")) == []
