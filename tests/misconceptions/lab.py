"""A cluster in which every row of the list of misconceptions can be tried, and what a trace says, in short."""

from __future__ import annotations

from app.kube.clusterfile import load_cluster_text
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from app.sim.trace import Sighting, Trace, TraceHop

__all__ = ["SECOND", "cluster", "hops", "pod", "seen_at", "send", "service", "sources_at"]

SECOND = 1_000_000
CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {{name: misconceptions}}
spec:
  addons: [{addons}]
  external:
    - {{name: client, ip: 10.0.0.200}}
    - {{name: internet, ip: 203.0.113.10, listens: [tcp/80]}}
{more}
"""


def pod(name: str, node: str = "k8s-node-11", *, labels: str = "", listens: str = "tcp/80", more: str = "") -> str:
    """Return a Pod that listens; without `listens` it is a mere client."""
    return f"""\
---
apiVersion: v1
kind: Pod
metadata:
  name: {name}
  labels: {{{labels}}}
  annotations: {{podwalk.dev/listens: "{listens}"}}
spec: {{nodeName: {node}, containers: [{{name: c, image: nginx}}]{more}}}
"""


def service(name: str, spec: str) -> str:
    """Return a Service; `spec` is the inside of its spec."""
    return f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\nspec: {{{spec}}}\n"


def cluster(*objects: str, more: str = "", addons: str = "", seed: int = 0) -> Simulator:
    """Return a simulator; `more` are further lines of the Cluster's spec, indented by two."""
    return Simulator(load_cluster_text(CLUSTER.format(more=more, addons=addons) + "".join(objects)), seed)


def send(simulator: Simulator, sender: str, to: str, *pick: str, size: int | None = None) -> Trace:
    """Return the trace of one flow; `pick` are Pods that random choice is led to."""
    return simulator.trace(TraceRequest(sender, to, size=size, pick=pick))


def hops(trace: Trace, *kinds: str, node: str = "") -> list[TraceHop]:
    """Return the hops of these kinds, of one machine where it is named."""
    return [hop for hop in trace.hops if hop.kind in kinds and (not node or hop.node == node)]


def seen_at(trace: Trace, netns: str, direction: str = "rx") -> list[Sighting]:
    """Return what a capture in a namespace shows of IP."""
    return [s for s in trace.sightings if s.netns == netns and s.direction == direction and s.ip is not None]


def sources_at(trace: Trace, netns: str) -> set[str]:
    """Return the source addresses of requests that come into a namespace by its eth0."""
    return {
        s.ip.src for s in seen_at(trace, netns) if s.ip is not None and s.leg == "request" and s.interface == "eth0"
    }
