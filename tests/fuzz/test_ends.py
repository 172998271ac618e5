"""Every walk ends: whatever the network and its rules, with a verdict of the closed list, and the same for the same seed."""

from __future__ import annotations

from typing import get_args

import msgspec
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from app.core.errors import PodwalkError
from app.core.limits import limit
from app.curriculum.schema import Outcome
from app.kube.clusterfile import load_cluster_text
from app.shell import run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from app.sim.trace import to_json
from app.sim.tracewriter import TraceWriter
from tests.fuzz.clusters import SENDERS, WHERE, ClusterPlan, cluster_plans
from tests.fuzz.topologies import ADDRESSES, HOSTS, Plan, build, plans

#: A few hundred, always the same ones, with the other tests; as many as the profile says, and new ones, with `make soak`.
PROFILE = settings().max_examples
IS_SOAK = PROFILE > 300
COUNT = PROFILE if IS_SOAK else 300
DERANDOMIZED = not IS_SOAK
SLOW = list(HealthCheck)
OUTCOMES = frozenset(get_args(Outcome))
CLUSTER = load_cluster_text("apiVersion: podwalk.dev/v1\nkind: Cluster\nspec:\n  nodes: [{name: n1, ip: 10.0.0.11}]\n")


def requests() -> st.SearchStrategy[TraceRequest]:
    far = st.sampled_from(
        ["icmp://203.0.113.9", "udp://203.0.113.9:80", "tcp://203.0.113.9:80", "icmp://127.0.0.1", "icmp://10.0.0.255"]
    )
    to = st.one_of(
        far,
        st.builds("icmp://{}".format, st.sampled_from(ADDRESSES)),
        st.builds("{}://{}:{}".format, st.sampled_from(["tcp", "udp"]), st.sampled_from(ADDRESSES), st.sampled_from([80, 81, 8472])),
    )  # fmt: skip
    return st.builds(
        TraceRequest,
        from_=st.sampled_from([f"node/{name}" for name in HOSTS]),
        to=to,
        ttl=st.sampled_from([None, None, 1, 2, 255]),
        size=st.sampled_from([None, None, 0, 100, 1472, 9000, 65507]),
        df=st.booleans(),
    )


def asked(plan: Plan, questions: list[TraceRequest], seed: int) -> list[bytes]:
    """Return the traces of the questions, asked one after the other."""
    simulator = Simulator(CLUSTER, seed)
    simulator.network = build(plan, seed)
    simulator.clock = simulator.network.clock
    simulator._writer = TraceWriter(simulator.network)
    return [to_json(simulator.trace(question)) for question in questions]


def judged(traces: list[bytes], again: list[bytes]) -> None:
    """Check that each trace has a verdict, no more hops than a walk may have, and comes again byte for byte."""
    for text in traces:
        trace = msgspec.json.decode(text)
        assert trace["verdict"]["outcome"] in OUTCOMES
        assert trace["verdict"]["why"]
        assert len(trace["hops"]) <= limit("walk.hops")
        event(trace["verdict"]["outcome"])
    assert traces == again


@settings(max_examples=COUNT, derandomize=DERANDOMIZED, suppress_health_check=SLOW)
@given(plan=plans(), questions=st.lists(requests(), min_size=1, max_size=3))
def test_a_walk_over_any_network_ends_with_a_verdict(plan: Plan, questions: list[TraceRequest]) -> None:
    judged(asked(plan, questions, 1), asked(plan, questions, 1))


def cluster_requests() -> st.SearchStrategy[TraceRequest]:
    port = st.sampled_from([80, 81, 8080, 30080, 30081])
    to = st.one_of(
        st.builds("icmp://{}".format, st.sampled_from(WHERE)),
        st.builds("{}://{}:{}".format, st.sampled_from(["tcp", "udp"]), st.sampled_from(WHERE), port),
    )
    return st.builds(
        TraceRequest, from_=st.sampled_from(SENDERS), to=to, size=st.sampled_from([None, None, 1472, 9000])
    )


def asked_of_cluster(plan: ClusterPlan, questions: list[TraceRequest], seed: int) -> list[bytes]:
    """Return the traces; none where the cluster file is refused with a reason."""
    try:
        simulator = Simulator(load_cluster_text(plan.text), seed)
    except PodwalkError as refused:
        return [] if str(refused) else [b"no reason"]
    for who, line in plan.lines:
        run(simulator, who, line)
    return [to_json(simulator.trace(question)) for question in questions]


@settings(max_examples=COUNT // 3, derandomize=DERANDOMIZED, suppress_health_check=SLOW)
@given(plan=cluster_plans(), questions=st.lists(cluster_requests(), min_size=1, max_size=2))
def test_a_walk_over_any_cluster_ends_with_a_verdict(plan: ClusterPlan, questions: list[TraceRequest]) -> None:
    judged(asked_of_cluster(plan, questions, 1), asked_of_cluster(plan, questions, 1))
