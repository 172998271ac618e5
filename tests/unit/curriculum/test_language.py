"""What zh may look like, and what both halves must share."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from app.curriculum.language import language_findings
from app.curriculum.teaching import access_findings, han_length, teaching_findings

_spec = importlib.util.spec_from_file_location("builders", Path(__file__).with_name("builders.py"))
assert _spec is not None
assert _spec.loader is not None
builders: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(builders)


def codes(zh: str, en: str = "Text.") -> list[str]:
    return [finding.code for finding in language_findings(builders.small(zh, en), {})]


@pytest.mark.parametrize(
    "zh",
    [
        "两个 Pod 都在 k8s-node-12 上。",
        "地址是 10.2.2.48，TTL 是 64。",
        "“谁有这个 IP？”拥有者回答。",
        "以太网 14、IP 20、UDP 8。",
        "命名空间（network namespace）里有 eth0。",
        "占 50%，不多。",
        "用 **eth0** 发出。",
        "它叫 {{node/k8s-node-11.name}}，在这里。",
    ],
)
def test_good_chinese_passes(zh: str) -> None:
    en = "It is {{node/k8s-node-11.name}} here." if "{{" in zh else "Text."
    assert codes(zh, en) == []


@pytest.mark.parametrize(
    "zh",
    [
        "两个Pod。",
        "有64个。",
        "先走,再停。",
        "到此为止.",
        "真的吗?",
        "命名空间(netns)。",
        "先走， 再停。",
        "IP 地址 。",
        "您好。",
        "在{{node/k8s-node-11.name}} 上。",
    ],
)
def test_bad_typography_is_e505(zh: str) -> None:
    en = "On {{node/k8s-node-11.name}}." if "{{" in zh else "Text."
    assert codes(zh, en) == ["E505"]


def test_a_sentence_is_not_broken_between_two_han() -> None:
    assert codes("|\n        帧进入\n        网桥。") == ["E505"]
    assert codes("|\n        帧进入网桥。\n\n        然后出去。") == []


def test_code_is_quoted_in_both_halves_and_not_judged_as_prose() -> None:
    assert codes("看 `ip route,x`。", "See `ip route,x`.") == []
    assert codes("看 `cni0`。", "See `eth0`.") == ["E503"]


def test_a_placeholder_is_no_text() -> None:
    assert codes("待补", "TODO") == ["E506", "E506"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Click the red box.", "W701"),
        ("Look at the bridge on the left.", "W702"),
        ("Here ![x](y.png).", "W703"),
        ("It is rendered, greenfield and bluetooth.", None),
    ],
)
def test_things_are_named_by_name(text: str, code: str | None) -> None:
    found = [finding.code for finding in access_findings(builders.small(en=text))]
    assert found == ([code] if code else [])


def test_a_step_holds_one_idea() -> None:
    assert [f.code for f in teaching_findings(builders.small(zh="字" * 180 + "。"))] == ["W603"]
    assert [f.code for f in teaching_findings(builders.small(zh="字" * 179 + "。"))] == []
    assert [f.code for f in teaching_findings(builders.small(en="word " * 91))] == ["W603"]


def test_length_counts_what_is_read() -> None:
    file = builders.small(zh="看 {{node/k8s-node-11.name}} 的 `eth0`。", en="In {{node/k8s-node-11.name}} `eth0`")
    assert han_length(file.lesson.steps[0]) == 5


def test_a_ready_lesson_asks() -> None:
    assert [f.code for f in teaching_findings(builders.small(intro="core"))] == ["E605"]
