"""The picture of a trace: whole, legible, self-contained, and harmless whatever the names are."""

import copy
import re
import xml.etree.ElementTree as ET
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.kube.clusterfile import load_cluster, load_cluster_text
from app.shell import run
from app.sim.captions import LANGUAGES, catalogue, render
from app.sim.packettext import is_plain_link
from app.sim.picture import picture
from app.sim.picture.layout import arrange
from app.sim.picture.measure import Font, text_width, wrap
from app.sim.picture.plates import Plate
from app.sim.picture.style import TOKENS
from app.sim.request import TraceRequest
from app.sim.scene import scene
from app.sim.simulator import Simulator
from app.sim.trace import Trace

ORACLE = Path(__file__).parents[2] / "oracle"
SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "\"'><script>alert(1)</script>&amp;<![CDATA[]]>\x1b\x00\ud800"

#: Mode, encapsulation, from, to, options, command that comes first.
WALKS: dict[str, tuple[str, str, str, dict[str, Any], str]] = {
    "same-node": ("vxlan", "pod/default/client-a", "icmp://10.2.1.37", {}, ""),
    "tunnel": ("vxlan", "pod/default/client-a", "icmp://10.2.2.50", {}, ""),
    "fragments": ("vxlan", "pod/default/client-a", "icmp://10.2.2.50", {"size": 3000}, ""),
    "service": ("vxlan", "pod/default/client-a", "tcp://10.1.15.2:80", {"pick": ("default/nginx-c",)}, ""),
    "hairpin": ("vxlan", "pod/default/nginx-c", "tcp://10.1.15.2:80", {"pick": ("default/nginx-c",)}, ""),
    "node-port": ("host-gw", "ext/internet", "tcp://10.0.0.10:30120", {"pick": ("default/nginx-c",)}, ""),
    "calico": ("calico-like", "pod/default/client-a", "tcp://10.2.2.50:80", {}, ""),
    "expired": ("vxlan", "pod/default/client-a", "icmp://203.0.113.10", {"ttl": 2}, ""),
    "missing": ("host-gw", "pod/default/client-a", "icmp://10.2.2.99", {}, ""),
    "own-address": ("vxlan", "pod/default/client-a", "icmp://10.2.1.20", {}, ""),
    "link-down": ("vxlan", "pod/default/client-a", "icmp://10.2.2.50", {}, "node/k8s-node-11: ip link set cni0 down"),
}


@cache
def walk(name: str) -> tuple[Trace, dict[str, Any]]:
    mode, sender, to, options, before = WALKS[name]
    simulator = Simulator(load_cluster([str(ORACLE / f"cluster-{mode}.yaml")]))
    if before:
        who, _, line = before.partition(": ")
        assert run(simulator, who, line).exit_code == 0
    trace = simulator.trace(TraceRequest(sender, to, **options))
    return trace, scene(simulator)


def drawn(name: str, lang: str = "en") -> ET.Element:
    return ET.fromstring(picture(*walk(name), lang))


def squeezed(text: str) -> str:
    """Text without its spaces: lines are broken where there is room, which is no matter of the words."""
    return re.sub(r"\s+", "", text)


def words(root: ET.Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", WALKS)
def test_every_hop_is_in_the_list_with_caption_change_and_evidence(name: str, lang: str) -> None:
    trace, _ = walk(name)
    told = squeezed("".join(words(drawn(name, lang))))
    numbers = [e.text for e in drawn(name, lang).iter(f"{SVG}text") if e.get("class") == "pw-name"]
    assert [n for n in numbers if n is not None and n.isdecimal()] == [str(hop.n) for hop in trace.hops]
    at = 0
    for hop in trace.hops:
        caption = squeezed(render(hop.caption.code, hop.caption.params, lang))
        at = told.find(caption, at)
        assert at >= 0, hop
        if hop.evidence is not None and not is_plain_link(hop):
            at = told.find(squeezed(f"{hop.evidence.tool}: {hop.evidence.entry or '-'}"), at)
            assert at >= 0, hop


@pytest.mark.parametrize("name", WALKS)
def test_self_contained_and_still(name: str) -> None:
    """No script, nothing fetched, nothing that a reader could be led to."""
    text = picture(*walk(name), "en").decode()
    root = ET.fromstring(text)
    assert {e.tag.removeprefix(SVG) for e in root.iter()} == {
        "svg", "title", "desc", "style", "rect", "g", "text", "path", "polygon",
    }  # fmt: skip
    names = {key for e in root.iter() for key in e.attrib}
    assert not any(key.lower().startswith("on") or "href" in key for key in names)
    style = root.findtext(f"{SVG}style") or ""
    assert not re.search(r"url\(|@import|expression", style)
    assert re.findall(r"\w+://[\w.]+", text.replace(walk(name)[0].to, "")) == ["http://www.w3.org"]


@pytest.mark.parametrize("name", WALKS)
def test_nothing_overlaps_and_nothing_sticks_out(name: str) -> None:
    arrangement = arrange(*walk(name), "en")
    plates = list(arrangement.plates.values())
    assert [(a.place_id, b.place_id) for a, b in combinations(plates, 2) if overlap(a, b)] == []
    for plate in plates:
        assert plate.x >= 0
        assert plate.x + plate.w <= arrangement.w + 1
        assert plate.y + plate.h <= arrangement.h
        chips = [chip for column in plate.chips for chip in column]
        for chip in chips:
            assert plate.x <= chip.x - chip.w / 2 + 0.1, chip.label
            assert chip.x + chip.w / 2 <= plate.x + plate.w + 0.1, chip.label
            assert chip.y + 9 <= plate.y + plate.h, chip.label
        for a, b in combinations(chips, 2):
            assert abs(a.x - b.x) >= (a.w + b.w) / 2 or abs(a.y - b.y) >= 19, (a.label, b.label)


def overlap(a: Plate, b: Plate) -> bool:
    return a.x < b.x + b.w and b.x < a.x + a.w and a.y < b.y + b.h and b.y < a.y + a.h


@pytest.mark.parametrize("name", WALKS)
def test_every_stop_of_the_drawn_packets_has_its_number_in_its_place(name: str) -> None:
    arrangement = arrange(*walk(name), "en")
    for track, chips in zip(arrangement.tracks, arrangement.chips, strict=True):
        for stop, chip in zip(track.stops, chips, strict=True):
            assert chip in [c for column in arrangement.plates[stop.place].chips for c in column]
            assert all(hop.packet == stop.packet for hop in stop.hops)
    hops = [hop for stop in arrangement.stops for hop in stop.hops]
    assert [hop.n for hop in hops] == list(range(1, len(hops) + 1))


def test_tracks_are_those_of_request_reply_and_error() -> None:
    assert [t.leg for t in arrange(*walk("service"), "en").tracks] == ["request", "reply"]
    assert [t.leg for t in arrange(*walk("expired"), "en").tracks] == ["request", "icmp-error"]


def test_where_a_packet_ends_there_is_a_cross() -> None:
    ends = [c.label for own in arrange(*walk("missing"), "en").chips for c in own if c.label.endswith("✕")]
    assert len(ends) == 1
    assert not any(c.label.endswith("✕") for own in arrange(*walk("tunnel"), "en").chips for c in own)


def test_request_and_reply_differ_without_their_colours() -> None:
    style = drawn("tunnel").findtext(f"{SVG}style") or ""
    assert re.search(r"\.pw-reply\.pw-track \{ stroke-dasharray: \d", style)
    assert re.search(r"\.pw-error\.pw-track \{ stroke-dasharray: \d", style)
    assert ".pw-request.pw-track" not in style, "a request is solid"


def test_light_and_dark_are_the_tokens_of_the_pages(root: Path) -> None:
    css = (root / "static/css/tokens.css").read_text()
    light, dark = css.split("@media (prefers-color-scheme: dark)")[:2]
    for name, (day, night) in TOKENS.items():
        assert f"--{name}: {day};" in light
        assert f"--{name}: {night};" in dark
    assert "@media (prefers-color-scheme: dark)" in (drawn("tunnel").findtext(f"{SVG}style") or "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_title_and_description_say_what_was_asked_and_how_it_ended(lang: str) -> None:
    root = drawn("expired", lang)
    trace, _ = walk("expired")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "pw-title pw-desc"
    assert root.findtext(f"{SVG}title") == "pod/default/client-a → icmp://203.0.113.10"
    told = root.findtext(f"{SVG}desc") or ""
    assert str(len(trace.hops)) in told
    assert catalogue(lang)["outcome"]["ttl-exceeded"] in told


def test_same_trace_same_bytes() -> None:
    assert picture(*walk("service"), "en") == picture(*walk("service"), "en")


def test_hostile_names_are_text_and_nothing_else() -> None:
    trace, drawn_into = walk("tunnel")
    bad = copy.deepcopy(drawn_into)
    for room in bad["rooms"]:
        room["label"] = HOSTILE
    bad["cluster"] = bad["title"] = HOSTILE
    hop = trace.hops[0]
    assert hop.evidence is not None
    caption = replace(hop.caption, params=dict.fromkeys(hop.caption.params, HOSTILE))
    evidence = replace(hop.evidence, tool=HOSTILE, entry=HOSTILE)
    evil_hop = replace(hop, caption=caption, evidence=evidence)
    evil = replace(trace, from_=HOSTILE, to=HOSTILE, hops=[evil_hop, *trace.hops[1:]])
    data = picture(evil, bad, "en")
    root = ET.fromstring(data)
    assert root.find(f".//{SVG}script") is None
    assert b"<script" not in data
    assert any("<script>alert(1)</script>" in word for word in words(root))


def test_of_a_large_cluster_only_where_the_packet_was_is_drawn() -> None:
    nodes = "".join(f"\n    - {{name: n{k}, ip: 10.0.0.{k}}}" for k in range(10, 30))
    pods = "".join(
        f"\n---\n{{apiVersion: v1, kind: Pod, metadata: {{name: p{k}}}, spec: {{nodeName: n{10 + k % 20},"
        " containers: [{name: c, image: nginx}]}}"
        for k in range(60)
    )
    text = (
        "apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: {name: large}\nspec:\n  addons: []\n  podCIDR: 10.2.0.0/16\n"
        "  underlay: {subnet: 10.0.0.0/24, gateway: 10.0.0.1, mtu: 1500, interface: ens33}\n"
        f"  cni: {{plugin: flannel, backend: vxlan}}\n  nodes:{nodes}{pods}\n"
    )
    simulator = Simulator(load_cluster_text(text))
    trace = simulator.trace(TraceRequest("pod/default/p0", "icmp://10.2.7.2"))
    assert trace.verdict.outcome == "delivered"
    arrangement = arrange(trace, scene(simulator), "en")
    assert [room.title for room in arrangement.rooms] == ["n10", "p0", "n17", "p7"]
    assert arrangement.missing.startswith("77 more rooms")


@given(st.text(), st.sampled_from([Font(12), Font(11, is_mono=True)]))
def test_wrapping_loses_nothing_and_fits(content: str, font: Font) -> None:
    lines = wrap(content, font, 120)
    assert squeezed("".join(lines)) == squeezed(content)
    assert all(text_width(line, font) <= 120 + 2 * 1.02 * font.size or "，" in line or "。" in line for line in lines)


def test_wrapping_a_line_looks_at_each_letter_a_few_times() -> None:
    asked: list[str] = []

    class Counting(Font):
        def __getitem__(self, letter: str) -> float:
            asked.append(letter)
            return super().__getitem__(letter)

    content = "KUBE-SVC -> KUBE-SEP " * 200
    assert wrap(content, Counting(12), 10**6) == [content.rstrip()]
    assert len(content) <= len(asked) <= 3 * len(content), "as a word, as what fits, as what stands on the line"
