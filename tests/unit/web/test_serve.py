"""`podwalk serve` as it is typed, with the real course below it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.web.livetools import ROOT, Browser, LiveServer, http

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")


def podwalk(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with LiveServer.start(tmp_path_factory.mktemp("data"), module="tests.unit.web.real_server") as running:
        yield running


def test_a_cluster_file_with_a_typo_is_exit_2_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text("apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: {name: x}\nspec: {podCIDRR: 10.2.0.0/16}\n")
    done = podwalk("serve", "-f", str(file), "--port", "0", "--data", str(tmp_path))
    assert done.returncode == 2
    assert f"{file}:4:8:" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-f", "nowhere.yaml"], "nowhere.yaml"),
        (["--lessons", "nowhere"], "nowhere"),
        (["--origin", "*"], "not an origin"),
        (["--host", "192.0.2.1"], "cannot listen"),
    ],
)
def test_unsafe_or_wrong_start_ups_are_refused_with_the_mend(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = podwalk("serve", "--data", str(tmp_path), *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_real_pages_are_served(served: LiveServer) -> None:
    pages = {
        "/": "pod-cross-node",
        "/l/pod-cross-node": "flannel.1",
        "/sandbox": "stage",
        "/static/js/boot.js": "theme",
    }
    for path, words in (pages | {"/api/trace.schema.json": "podwalk-trace/v1"}).items():
        answer = http(served.port, f"GET {path} HTTP/1.1\nHost: x\nConnection: close")
        assert answer.startswith("HTTP/1.1 200"), path
        assert words in answer


def test_no_open_question_of_the_real_course_gives_its_answer_away(served: LiveServer) -> None:
    browser = Browser(served.port).hello()
    asked = 0
    for lesson in ("how-to-read", "veth-and-bridge", "pod-same-node", "pod-cross-node"):
        for head in browser.ask("lesson.open", {"lesson": lesson, "lang": "en"})["lesson"]["steps"]:
            place = {"lesson": lesson, "step": head["id"]}
            shown = browser.ask("step.enter", place)["step"]
            if shown["ask"]:
                asked += 1
                _holds_back(shown, browser.ask("ask.skip", place)["step"])
        browser.close()
        browser = Browser(served.port).hello()  # a new visitor with a full bucket
    browser.close()
    assert asked >= 4


def _holds_back(shown: dict[str, Any], revealed: dict[str, Any]) -> None:
    assert (shown["answer"], shown["after"], shown["errata"], shown["facts"]) == (None, None, None, [])
    whole = {trace["id"]: trace["wire"] for trace in revealed["traces"]}
    for trace in shown["traces"]:
        wire = trace["wire"]
        assert wire["verdict"] is None
        assert wire["conntrack"] == {}
        assert wire["withheld"] == len(whole[trace["id"]]["hops"]) - len(wire["hops"]) > 0
        used = {number for hop in wire["hops"] for number in _text_numbers(hop)}
        assert used == set(range(len(wire["texts"]))), "a text of a later hop is on the wire"
        assert json.dumps(whole[trace["id"]]["verdict"]) not in json.dumps(shown)


def _text_numbers(hop: list[Any]) -> list[int]:
    """Every number in a hop's row that names a text (podwalk-wire/v1)."""
    proof = []
    if hop[12]:
        tool, entry, skipped, *rules = hop[12]
        proof = [tool, entry, *(number for pair in skipped for number in pair)]
        if rules:
            matched, verdict = rules
            proof += [*matched, verdict]
    columns = [hop[column] for column in (3, 5, 6, 7, 8, 9, 13)] + hop[15:]
    return [*columns, *(change[0] for change in hop[11]), *proof]


def test_the_sandbox_answers_as_podwalk_trace_does(tmp_path: Path) -> None:
    files = ["lessons/clusters/tutorial-flannel.yaml", *[f"lessons/manifests/my-nginx-{n}.yaml" for n in (1, 2, 13)]]
    arguments = [word for file in files for word in ("-f", file)]
    with LiveServer.start(tmp_path, module="tests.unit.web.real_server", extra=arguments) as server:
        browser = Browser(server.port).hello()
        preset = browser.ask("sandbox.open", {})["presets"][0]
        sent = browser.ask("sandbox.send", {"from": preset["from"], "to": preset["to"], "seed": 7})["trace"]
        browser.close()
    question = ["--from", preset["from"], "--to", preset["to"], "--seed", "7", "--format", "json"]
    trace = json.loads(podwalk("trace", *arguments, *question).stdout)
    assert sent["total"] == len(trace["hops"])
    assert sent["verdict"] == trace["verdict"]
