"""One mistake put into a shipped lesson gives one finding, with its code, at its line and column.

In a row, `@` in the replacement marks where the finding must point; it is taken out before the lesson is read.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from app.core.assets import lessons_dir
from app.curriculum.findings import Finding, as_json, as_text
from app.curriculum.rules import codes

Judge = Callable[[str, str], list[Finding]]
SAME, CROSS, VETH, READ = "pod-same-node", "pod-cross-node", "veth-and-bridge", "how-to-read"


class Row(NamedTuple):
    lesson: str
    old: str
    new: str
    code: str
    says: str = ""


ROWS = [
    Row(SAME, "minutes: 8", "minutes: 8@: 9", "E101"),
    Row(
        SAME,
        "      zh: my-nginx-1 发出的",
        "      zh: {@{node/k8s-node-12}} 发出的",
        "E103",
        "must be quoted, or written below",
    ),
    Row(SAME, "level: core", "level: core\n@level: deep", "E102", "duplicate key 'level'"),
    Row(SAME, "minutes: 8", "minutes: @!!int 8", "E103", "tag"),
    Row(SAME, 'zh: "同一个节点上的两个 Pod"', "zh: @同一个节点上的两个 Pod", "E104", "not quoted"),
    Row(SAME, "minutes: 8", "minutes: @soon", "E202", "a whole number"),
    Row(SAME, "minutes: 8", "minutes: @99", "E202", "60"),
    Row(SAME, "terms: [veth-pair, linux-bridge, fdb, arp, ttl]", "terms: @veth-pair", "E202", "a list"),
    Row(SAME, "      truth: path(ping).after(veth/default/my-nginx-1)\n", "", "E203", "'truth' is missing"),
    Row(SAME, "minutes: 8", "@minute: 8", "E204", "did you mean 'minutes'?"),
    Row(
        SAME,
        "      camera: node/k8s-node-12\n      level: 2\n    expect:\n      - output",
        "      @camra: fit\n      level: 2\n    expect:\n      - output",
        "E204",
        "camera",
    ),
    Row(SAME, "schema: podwalk-lesson/v1", "schema: @podwalk-lesson/v7", "E205", "written for v7"),
    Row(SAME, "kind: next-hop", "kind: @next-hopp", "E206", "did you mean 'next-hop'?"),
    Row(SAME, "is: echo-reply", "is: @echo-replay", "E206", "did you mean 'echo-reply'?"),
    Row(
        SAME,
        "      - verdict: {of: ping, is: delivered}",
        "      - @verdict: {of: ping, is: delivered}\n        learns: {of: ping, is: timeout}",
        "E207",
        "exactly one key",
    ),
    Row(SAME, "id: pod-same-node", "id: @pod-other-node", "E208", "the file is"),
    Row(SAME, "- id: meet", "- id: @Meet_me", "E208", "is not an id"),
    Row(SAME, "- id: the-ttl", "- id: @meet", "E209", "step id 'meet' repeats line"),
    Row(SAME, "- value: 62", "- value: @63", "E209", "value '63'"),
    Row(
        SAME,
        "from: pod/default/my-nginx-1",
        "from: @pod/default/my-ngnix-1",
        "E301",
        "did you mean 'pod/default/my-nginx-1'?",
    ),
    Row(SAME, "focus: [pod/default/my-nginx-1, ", "focus: [@pod/my-nginx-1, ", "E301", "no such element"),
    Row(SAME, "after(veth/default/my-nginx-1)", "after(@veth/default/nobody)", "E301", "veth/default/nobody"),
    Row(SAME, "两个 Pod 都在 {{node/k8s-node-12}} 上", "两个 Pod 都在 @{{node/k8s-node-13}} 上", "E301", "k8s-node-13"),
    Row(SAME, "on: pod/default/my-nginx-1", "on: @lan/lan0", "E301", "no host"),
    Row(SAME, "never: [node/k8s-node-12/if/ens33, ", "never: [@node/k8s-node-12/if/eth9, ", "E301", "eth9"),
    Row(SAME, "learns: {of: ping", "learns: {of: @pong", "E302", "no flow 'pong'"),
    Row(
        SAME,
        "truth: seen(ping, pod/default/my-nginx-2).ttl",
        "truth: seen(@pingg, pod/default/my-nginx-2).ttl",
        "E302",
        "did you mean 'ping'?",
    ),
    Row(SAME, "output: {of: routes", "output: {of: @ping", "E302", "no command 'ping'"),
    Row(SAME, "terms: [veth-pair, ", "terms: [@veth-pear, ", "E303", "did you mean 'veth-pair'?"),
    Row(
        SAME, "requires: [veth-and-bridge]", "requires: [@veth-and-bridges]", "E304", "did you mean 'veth-and-bridge'?"
    ),
    Row(
        SAME,
        "requires: [veth-and-bridge]",
        "requires: [@pod-cross-node]",
        "E305",
        "pod-same-node > pod-cross-node > pod-same-node",
    ),
    Row(SAME, "requires: [veth-and-bridge]", "requires: [@pod-same-node]", "E305", "circle"),
    Row(SAME, "section: same-node", "section: @same-nodes", "E306", "did you mean 'same-node'?"),
    Row(SAME, "doc: k8s-network-zh", "doc: @k8s-network", "E306", "k8s-network-zh"),
    Row(SAME, "preset: tutorial-flannel", "preset: @tutorial-flanel", "E307", "did you mean 'tutorial-flannel'?"),
    Row(
        SAME,
        "[manifests/my-nginx-1.yaml, manifests/my-nginx-2.yaml]",
        "[manifests/my-nginx-1.yaml, @../../../etc/passwd.yaml]",
        "E307",
        "no manifest file",
    ),
    Row(
        SAME,
        "my-nginx-2: [{name: my-nginx-2,",
        "@my-nginx-3: [{name: my-nginx-2,",
        "E310",
        "no manifest has a Pod 'my-nginx-3'",
    ),
    Row(
        SAME,
        "node: k8s-node-12, ip: 10.2.2.49",
        "node: @k8s-node-11, ip: 10.2.2.49",
        "E310",
        "the manifest says k8s-node-12",
    ),
    Row(SAME, "truth: path(ping).after(veth/default/my-nginx-1)", "truth: @next(ping)", "E311", "no function 'next'"),
    Row(SAME, "truth: path(ping).after(veth/default/my-nginx-1)", "truth: @path(ping).count", "E311", "next-hop"),
    Row(SAME, "pause: [arp-request, ", "pause: [@arp-reqest, ", "E312", "did you mean 'arp-request'?"),
    Row(SAME, "at: predict-hop", "at: @predict", "E313", "did you mean 'predict-hop'?"),
    Row(SAME, "        - value: 64\n", "        - value: 61\n", "E401", "the answer is 64, and no option is that"),
    Row(SAME, "发出的报文 TTL 是 64。现在", "发出的报文去 @10.2.2.84。现在", "E402", "nearest: 10.2.2.49"),
    Row(
        SAME,
        "truth: seen(ping, pod/default/my-nginx-2).ttl",
        "truth: @seen(ping, node/k8s-node-11).ttl",
        "E404",
        "no request of 'ping' is ever seen",
    ),
    Row(
        SAME,
        'to: "icmp://{{pod/default/my-nginx-2.ip}}"',
        'to: "imcp://{{pod/default/my-nginx-2.ip}}"',
        "E405",
        "did you mean 'icmp'?",
    ),
    Row(SAME, "dst: 10.2.2.49, ttl: 64", "dst: 10.2.2.49, ttl: 63", "E411", "seen(ping).ttl is 64, the lesson says 63"),
    Row(
        SAME,
        "is: [pod/default/my-nginx-1/if/eth0, veth/default/my-nginx-1,",
        "is: [pod/default/my-nginx-1/if/eth0, node/k8s-node-12/if/ens33,",
        "E411",
        "place 2 of the path is veth/default/my-nginx-1",
    ),
    Row(
        SAME,
        "{dst: default, via: 10.2.2.1}",
        "{dst: default, via: 10.2.2.2}",
        "E411",
        "no row with dst default, via 10.2.2.2",
    ),
    Row(
        SAME,
        'contains: ["10.2.2.0/24 dev eth0"]',
        'contains: ["10.2.9.0/24 dev eth0"]',
        "E411",
        "lacks '10.2.9.0/24 dev eth0'",
    ),
    Row(CROSS, "outer_dst: 10.0.0.11, outer_vni", "outer_dst: 10.2.1.2, outer_vni", "E411", "outer_dst is 10.0.0.11"),
    Row(CROSS, "- value: ipv4.ttl", "- value: ipv4.tos", "E401", "ipv4.ttl, which is no option"),
    Row(
        SAME,
        'title: {zh: "两个 Pod，一个网桥", en: "Two Pods, one bridge"}',
        'title: @{zh: "两个 Pod，一个网桥"}',
        "E501",
        "the en half is missing",
    ),
    Row(
        SAME,
        "my-nginx-1 开始 ping {{pod/default/my-nginx-2.ip}}",
        "my-nginx-1 开始 ping 对方",
        "E502",
        "stands in one half only",
    ),
    Row(SAME, "插在同一个网桥 `cni0` 上", "插在同一个网桥上", "E503", "`cni0`"),
    Row(SAME, "两个 Pod 都在 {{node", "两@个Pod 都在 {{node", "E505", "no space between Han and Latin"),
    Row(SAME, "物理网卡 ens33 一次也没有出现。", "物理网卡 ens33 一次也没有出@现.", "E505", "half-width punctuation"),
    Row(SAME, "看看网线插在哪里。", "@您看看网线插在哪里。", "E505", "您"),
    Row(SAME, "交换机会改写帧吗？", "@TODO", "E506", "TODO"),
    Row(SAME, "一路上没有路由器，帧从头到尾原封不动。", "一路上没有路由器，@讯框从头到尾原封不动。", "E507", "讯框"),
    Row(SAME, 'title: {zh: "TTL 还剩多少？"', 'title: {zh: "@`TTL` 还剩多少？"', "E508", "markup"),
    Row(
        SAME,
        '      - output: {of: routes, contains: ["10.2.2.0/24 dev eth0"]}\n',
        "",
        "W601",
        "nothing is expected of 'routes'",
    ),
    Row(
        SAME,
        '      hint: {zh: "数一数路上的路由器。", en: "Count the routers on the way."}\n',
        "",
        "W606",
        "has no hint",
    ),
    Row(SAME, "两个 Pod 都在", "请点@红色的方框。两个 Pod 都在", "W701", "红色"),
    Row(SAME, "Both Pods run on", "Look @on the left. Both Pods run on", "W702", "on the left"),
    Row(SAME, "Both Pods run on", "@![x](y.png) Both Pods run on", "W703", "picture"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda r: f"{r.code}-{r.new.strip()[:30]}")
def test_a_mistake_is_found_where_it_is(row: Row, judge: Judge) -> None:
    (path,) = lessons_dir().glob(f"*/{row.lesson}.yaml")
    text = path.read_text(encoding="utf-8")
    assert row.old in text
    marked = text.replace(row.old, row.new, 1)
    found = judge(row.lesson, marked.replace("@", "", 1) if "@" in row.new else marked)
    wanted = [finding for finding in found if finding.code == row.code]
    assert wanted, as_text(found)
    assert row.says in as_text(wanted)
    if "@" in row.new:
        before = marked[: marked.index("@")]
        place = (before.count("\n") + 1, len(before) - before.rfind("\n"))
        assert place in [(finding.at.line, finding.at.column) for finding in wanted], as_text(found)


def test_every_code_is_put_to_the_test() -> None:
    elsewhere = {"E201", "E308", "E605", "W602", "W603"}
    assert {row.code for row in ROWS} | elsewhere == set(codes())


def test_a_file_that_is_no_lesson_says_how_one_begins(judge: Judge) -> None:
    for text in ("- a\n", "", "# nothing\n", "a: 1\n---\nb: 2\n", "text"):
        (found,) = judge(SAME, text)
        assert (found.code, found.mend) == ("E201", "start the file with `schema: podwalk-lesson/v1`")


def test_four_quiet_steps_in_a_row_are_too_many(judge: Judge) -> None:
    quiet = "".join(
        f'  - id: quiet-{n}\n    title: {{zh: "静", en: "Quiet"}}\n    say: {{zh: "静。", en: "Quiet."}}\n'
        for n in range(4)
    )
    text = _text(READ).replace("references:", f"{quiet}references:")
    (found,) = judge(READ, text)
    assert (found.code, found.path) == ("W602", "steps.6.id")


def test_a_missing_key_and_its_misspelling_are_one_finding(judge: Judge) -> None:
    text = _text(SAME).replace("minutes: 8", "minute: 8")
    (found,) = judge(SAME, text)
    assert found.text() == (
        "pod-same-node.yaml:16:1: error E204 unknown key 'minute'; did you mean 'minutes'?  (at minute)\n"
        "   16 | minute: 8\n"
        "      | ^^^^^^\n"
        "      = rename it to 'minutes' (required here)"
    )


def test_all_mistakes_are_told_at_once_and_in_file_order(judge: Judge) -> None:
    text = (
        _text(SAME)
        .replace("minutes: 8", "minute: 8")
        .replace("kind: field", "kind: feild")
        .replace("level: 2", "levle: 2")
    )
    found = judge(SAME, text)
    assert [f.code for f in found] == ["E204", "E204", "E204", "E204", "E206", "E204"]
    assert [f.at.line for f in found] == sorted(f.at.line for f in found)


def test_a_finding_can_be_accepted_with_a_reason(judge: Judge) -> None:
    text = _text(SAME).replace("      zh: my-nginx-1 发出的报文", "      zh: 您好，my-nginx-1 发出的报文")
    assert [f.code for f in judge(SAME, text)] == ["E505"]
    accepted = text.replace("      zh: 您好", "      # lint: ignore E505 a greeting in a quotation\n      zh: 您好")
    assert judge(SAME, accepted) == []
    assert judge(SAME, text.replace("      zh: 您好", "      # lint: ignore E505\n      zh: 您好")) != []


def test_a_mistake_in_an_embedded_manifest_is_found_in_the_lesson(judge: Judge) -> None:
    embedded = "manifests:\n    - manifests/my-nginx-1.yaml\n    - |\n"
    embedded += (lessons_dir() / "manifests" / "my-nginx-2.yaml").read_text(encoding="utf-8")
    indented = embedded.split("    - |\n")[1].replace("\n", "\n      ").rstrip()
    text = _text(SAME).replace(
        "manifests: [manifests/my-nginx-1.yaml, manifests/my-nginx-2.yaml]",
        "manifests:\n    - manifests/my-nginx-1.yaml\n    - |\n      " + indented,
    )
    without_pin = re.sub(r"\n      my-nginx-2: \[.*", "", text)
    assert all(f.code != "E308" for f in judge(SAME, without_pin))
    broken = without_pin.replace(
        "nodeName: k8s-node-12\n        containers", "nodeName: k8s-node-99\n        containers", 1
    )
    assert broken != without_pin
    (found,) = [f for f in judge(SAME, broken) if f.code == "E308"]
    line = next(n for n, row in enumerate(broken.splitlines(), 1) if "k8s-node-99" in row)
    assert (found.at.file, found.at.line) == ("pod-same-node.yaml", line)
    assert broken.splitlines()[line - 1][found.at.column - 1 :].startswith("k8s-node-99")


def test_a_pin_outside_the_nodes_range_is_told(judge: Judge) -> None:
    text = _text(SAME).replace("ip: 10.2.2.49", "ip: 10.2.7.49")
    (found,) = [f for f in judge(SAME, text) if f.code == "E308"]
    assert "10.2.7.49" in found.message
    assert text.splitlines()[found.at.line - 1][found.at.column - 1 :].startswith("10.2.7.49")
    assert found.mend.endswith("or remove the pin")


EMBEDDED = """
    - |
      apiVersion: v1
      kind: Pod
      metadata: {name: my-nginx-2}
      spec:
        nodeName: k8s-node-12
        containers: [{name: main, image: "nginx:alpine"}]
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("k8s-node-12", "k8s-node-99"),
        ("containers:", "container:"),
        ("k8s-node-12", "[]"),
        ("kind: Pod", "kind: Pod: x"),
    ],
)
def test_a_mistake_in_a_pinned_pod_points_into_the_lesson(old: str, new: str, judge: Judge) -> None:
    manifests = "manifests: [manifests/my-nginx-1.yaml, manifests/my-nginx-2.yaml]"
    pinned = re.sub(r"my-nginx-2: \[.*", "my-nginx-2: [{ip: 10.2.2.49}]", _text(SAME))
    lesson, broken = (
        pinned.replace(manifests, "manifests:\n    - manifests/my-nginx-1.yaml" + manifest.rstrip())
        for manifest in (EMBEDDED, EMBEDDED.replace(old, new))
    )
    assert all(f.code != "E308" for f in judge(SAME, lesson))
    (found,) = [f for f in judge(SAME, broken) if f.code == "E308"]
    row = broken.splitlines()[found.at.line - 1]
    word = new if new != "kind: Pod: x" else ": x"
    assert found.at.file == "pod-same-node.yaml"
    assert row[found.at.column - 1 :].startswith(word)
    shown, caret = found.at.excerpt().splitlines()
    assert shown[caret.index("^") :].startswith(word)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (
            "of: ping, is: delivered",
            "of: ping, at: pod/my-nginx-2, is: delivered",
            "did you mean 'pod/default/my-nginx-2'?",
        ),
        ("path(ping).after", "pth(ping).after", "truth: no function 'pth'; did you mean 'path'?"),
        ("minutes: 8", "minutes: eight", "write it in digits"),
        ("[{name: my-nginx-2, node: k8s-node-12, ip: 10.2.2.49}]", "[10.2.2.49]", "its keys: ip, name or node"),
        ('zh: "同一个节点上的两个 Pod"', "zh: 甲, 乙 丙", "a text with a comma inside { } must be quoted"),
        ('zh: "同一个节点上的两个 Pod"', "zh: 在{{lan/lan0.cidr}}", "a text with {{ must be quoted"),
    ],
)
def test_a_finding_says_how_to_mend_it(old: str, new: str, says: str, judge: Judge) -> None:
    lesson = _text(SAME)
    assert old in lesson
    assert says in as_text(judge(SAME, lesson.replace(old, new, 1)))


def test_a_colon_in_a_text_on_its_own_line_is_not_taken_for_a_mapping(judge: Judge) -> None:
    (found,) = judge(
        SAME, _text(SAME).replace("      en: ", "      en: Note: the address {{pod/default/my-nginx-1.ip}} ", 1)
    )
    assert (found.code, found.mend) == ("E101", "put a value that holds ': ' in quotes, or mend the indentation")


def test_json_says_the_same_as_text(judge: Judge) -> None:
    found = judge(SAME, _text(SAME).replace("minutes: 8", "minute: 8"))
    (row,) = json.loads(as_json(found))["findings"]
    assert (row["code"], row["severity"], row["line"], row["column"]) == ("E204", "error", 16, 1)
    assert row["mend"] == "rename it to 'minutes' (required here)"


def _text(lesson: str) -> str:
    (path,) = lessons_dir().glob(f"*/{lesson}.yaml")
    return Path(path).read_text(encoding="utf-8")
