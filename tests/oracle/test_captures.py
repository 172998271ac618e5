"""The walks equal captures of a real kernel: every packet, on every interface, in order."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.kube.clusterfile import load_cluster
from app.shell import run
from app.sim.request import TraceRequest
from app.sim.simulator import Simulator
from app.sim.trace import Sighting, Trace
from tests.oracle.record import QUESTIONS

Case = dict[str, Any]
Row = tuple[Any, ...]

HERE = Path(__file__).parent
#: Recorded with a client that gave up within the first second (one ARP question, `retransmitted` false). A client with five
#: seconds is told EHOSTUNREACH by its own kernel after three, which Linux does as well: tested below by hand.
CUT_SHORT = "calico-like/fault_ip_forward_off"
CASES = [p for p in sorted(HERE.glob("cases/*/*.json")) if f"{p.parent.name}/{p.stem}" != CUT_SHORT]
SPECIAL = {"ff:ff:ff:ff:ff:ff": "broadcast", "00:00:00:00:00:00": "zero", "ee:ee:ee:ee:ee:ee": "cali*"}
CHANCE = ("masq", "hash")


def owners_of(trace: Trace) -> dict[str, str]:
    """Return which interface has which MAC; every cali interface has the same one."""
    return {i.mac: f"{i.netns}:{i.name}" for i in trace.interfaces if i.kind != "loopback"} | SPECIAL


def owner(name: str | None) -> str | None:
    """Return whose MAC it is, as far as a frame tells: cali interfaces cannot be told apart."""
    return "cali*" if name is not None and ":cali" in name else name


def without_chance(model: Row, kernel: Row) -> Row:
    """Return the model's row with the ports that the kernel chose by chance set to the kernel's word for that."""
    ports = tuple(k if k in CHANCE and isinstance(m, int) else m for m, k in zip(model[-1], kernel[-1], strict=True))
    return (*model[:-1], ports)


@cache
def simulated(path: Path) -> Trace:
    """Return the case's walk; a trace is a value, so one run serves every question about it."""
    return simulate(load(path))[1]


def simulate(case: Case) -> tuple[Simulator, Trace]:
    """Ask the model the case's question."""
    simulator = Simulator(load_cluster([str(HERE / f"cluster-{case['mode']}.yaml")]))
    for who, line in case["before"]:
        result = run(simulator, who, line)
        assert result.exit_code == 0, result.stderr
    request = TraceRequest(case["from"], case["to"], pick=tuple(case["pick"]), **case["options"])
    return simulator, simulator.trace(request)


def load(path: Path) -> Case:
    case: Case = json.loads(path.read_text(encoding="utf-8"))
    return case


def model_row(sighting: Sighting, owners: dict[str, str]) -> Row:
    outer = sighting.outer and (sighting.outer.src, sighting.outer.dst, sighting.outer.vni, sighting.outer.ttl)
    ip, l4 = sighting.ip, sighting.l4
    assert ip is not None
    assert sighting.eth is not None
    assert l4 is not None
    ports = tuple(l4.get(k) for k in ("sport", "dport", "flags", "type", "code"))
    eth = (owners[sighting.eth.src], owners[sighting.eth.dst])
    where = (sighting.leg, sighting.netns, sighting.interface, sighting.direction)
    length = ip.len if ip.proto != "udp" else None  # the laboratory's datagrams were of several sizes
    return (*where, eth, outer, ip.src, ip.dst, ip.ttl, ip.proto, length, ip.df, ports)


def kernel_row(sighting: Case) -> Row:
    outer = sighting["outer"] and tuple(sighting["outer"][k] for k in ("src", "dst", "vni", "ttl"))
    ip, l4 = sighting["ip"], sighting["l4"]
    ports = tuple(l4.get(k) for k in ("sport", "dport", "flags", "type", "code"))
    eth = tuple(owner(sighting["eth"][end]) for end in ("src", "dst"))
    where = (sighting["leg"].replace("_", "-"), sighting["netns"], sighting["interface"], sighting["direction"])
    length = ip["len"] if ip["proto"] != "udp" else None
    return (*where, eth, outer, ip["src"], ip["dst"], ip["ttl"], ip["proto"], length, ip["df"], ports)


def opens_or_answers(sighting: Sighting) -> bool:
    """Whether the captures list it: the first attempt of the first request, its answer, and errors."""
    return sighting.attempt == 1 and sighting.leg not in ("arp", "data")


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_walk_equals_the_kernels(path: Path) -> None:
    case, trace = load(path), simulated(path)
    owners = owners_of(trace)
    model = [model_row(s, owners) for s in trace.sightings if opens_or_answers(s)]
    kernel = [kernel_row(s) for s in case["sightings"]]
    assert [without_chance(m, k) for m, k in zip(model, kernel, strict=False)] == kernel[: len(model)]
    assert len(model) == len(kernel)
    assert trace.verdict.sender_learns == case["result"]["status"]


@pytest.mark.parametrize("path", CASES, ids=lambda p: f"{p.parent.name}/{p.stem}")
def test_arp_questions_equal_the_kernels(path: Path) -> None:
    """Who asks for whom, from which address, how often, and who answers."""
    case, trace = load(path), simulated(path)
    asked: dict[Row, int] = {}
    answered: dict[str, str] = {}
    owners = owners_of(trace)
    for hop in trace.hops:
        if hop.kind == "arp-request":
            params = hop.caption.params
            key = (hop.netns, hop.interface, params["ip"], params["tells"])
            asked[key] = asked.get(key, 0) + 1
        if hop.kind == "arp-reply":
            answered[str(hop.caption.params["ip"])] = owners[str(hop.caption.params["mac"])]
    model = [(*key, answered.get(key[2]), tries) for key, tries in asked.items()]
    kernel = [
        (a["asker"], a["interface"], a["asks"], a["tells"], owner(a["answered_by"]), min(a["tries"], 3))
        for a in case["arp"]
    ]
    assert model == kernel


def test_every_question_of_the_recorder_has_its_capture() -> None:
    asked = {question.name: (question.from_, question.to, list(map(list, question.before))) for question in QUESTIONS}
    cases = [load(path) for path in HERE.glob("cases/reject/*.json")]
    assert {case["scenario"]: (case["from"], case["to"], case["before"]) for case in cases} == asked


def test_case_that_was_cut_short_agrees_as_far_as_it_was_watched() -> None:
    path = HERE / "cases" / f"{CUT_SHORT}.json"
    case, trace = load(path), simulated(path)
    assert [s for s in trace.sightings if opens_or_answers(s) and s.t_us < 1_000_000] == case["sightings"] == []
    questions = [(h.t_us, h.caption.params["ip"]) for h in trace.hops if h.kind == "arp-request" and h.packet == 2]
    assert questions == [(0, "169.254.1.1")]
    assert (trace.verdict.sender_learns, trace.hops[-1].t_us // 1_000_000) == ("EHOSTUNREACH", 3)
