"""The lessons that ship: nothing to mend, true on the model, and sharp enough that a broken model is noticed."""

from ipaddress import IPv4Network

import pytest

from app.curriculum.check import check, lint
from app.curriculum.findings import as_text
from app.curriculum.library import Library
from app.curriculum.playthrough import play
from app.curriculum.run import LessonRun
from app.dataplane.devices.bridge import Bridge
from app.dataplane.devices.vxlan import VxlanDevice
from app.shell import run
from app.sim.simulator import Simulator

COURSE = ("how-to-read", "veth-and-bridge", "pod-same-node", "pod-cross-node")


def test_the_course_is_these_lessons_in_this_order(library: Library) -> None:
    assert tuple(card["id"] for card in library.cards()) == COURSE
    assert library.notices == ()
    assert list(library.broken()) == []


@pytest.mark.parametrize("lesson", COURSE)
def test_lint_and_check_find_nothing(lesson: str, library: Library) -> None:
    assert as_text(lint(library.readings[lesson], library)) == ""
    assert as_text(check(library.readings[lesson], library, run)) == ""


@pytest.mark.parametrize("lesson", COURSE)
def test_every_question_has_one_answer_and_every_option_a_reason(lesson: str, runs: dict[str, LessonRun]) -> None:
    for result in runs[lesson].playthrough.steps:
        if result.step.ask is None:
            continue
        assert result.key is not None
        right = [value for value in result.key.values if result.key.matches(value)]
        assert len(right) == len(result.key.right)
        assert all(option.why.zh and option.why.en for option in result.step.ask.options)
        assert result.step.ask.hint or result.step.hints


def test_right_answers_do_not_always_stand_first(runs: dict[str, LessonRun]) -> None:
    keys = [
        r.key
        for run_ in runs.values()
        for r in run_.playthrough.steps
        if r.key and len(r.key.right) == 1 and r.key.values
    ]
    first = sum(key.matches(key.values[0]) for key in keys)
    assert first < len(keys) / 2 + 1


def test_the_addresses_of_the_source_document_are_on_the_screen(runs: dict[str, LessonRun]) -> None:
    places = runs["pod-same-node"].playthrough.start.places
    assert places.attribute("pod/default/my-nginx-1", "ip") == "10.2.2.48"
    assert places.attribute("pod/default/my-nginx-2", "ip") == "10.2.2.49"


def _problems(library: Library, lesson: str, sim: Simulator) -> list[str]:
    loaded = library.get(lesson)
    return [problem.code for problem in play(loaded.file, sim, run).problems()]


def _sim(library: Library, lesson: str) -> Simulator:
    return Simulator(library.get(lesson).cluster_file())


def test_a_lesson_notices_a_missing_fdb_entry(library: Library) -> None:
    sim = _sim(library, "pod-cross-node")
    device = sim.network.namespaces["k8s-node-12"].interfaces["flannel.1"]
    peer = sim.network.namespaces["k8s-node-11"].interfaces["flannel.1"]
    assert isinstance(device, VxlanDevice)
    assert device.fdb.remove(peer.mac)
    assert {"E411", "E404"} & set(_problems(library, "pod-cross-node", sim))


def test_a_lesson_notices_a_missing_route(library: Library) -> None:
    sim = _sim(library, "pod-cross-node")
    fib = sim.network.namespaces["k8s-node-12"].fib
    route = fib.find("main", IPv4Network("10.2.1.0/24"))
    assert route is not None
    fib.remove(route)
    assert "E411" in _problems(library, "pod-cross-node", sim)


def test_a_lesson_notices_a_bridge_that_is_down(library: Library) -> None:
    sim = _sim(library, "pod-same-node")
    node = sim.network.namespaces["k8s-node-12"]
    assert isinstance(node.interfaces["cni0"], Bridge)
    node.set_down("cni0")
    assert {"E411", "E404"} & set(_problems(library, "pod-same-node", sim))


def test_a_lesson_notices_forwarding_switched_off(library: Library) -> None:
    sim = _sim(library, "pod-cross-node")
    sim.network.namespaces["k8s-node-11"].sysctls["net.ipv4.ip_forward"] = "0"
    assert "E411" in _problems(library, "pod-cross-node", sim)


def test_a_lesson_notices_another_mtu(library: Library) -> None:
    sim = _sim(library, "pod-cross-node")
    sim.network.namespaces["pod/default/my-nginx-1"].interfaces["eth0"].mtu = 1500
    assert {"E411", "E401"} & set(_problems(library, "pod-cross-node", sim))
