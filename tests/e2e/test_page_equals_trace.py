"""What the page shows at every hop is what `podwalk trace` prints for the same question: no hop more, no word else."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.sim.request import SCHEMES
from tests.e2e.conftest import Visitor
from tests.e2e.lesson import LessonPage
from tests.e2e.player import Json, Player
from tests.e2e.sandbox import SandboxPage
from tests.e2e.server import Server
from tests.e2e.visitor import Lang
from tests.e2e.walk import ORACLE, THREE_PODS, TWO_PODS, WEB, caption, shown, strings, trace, ui

pytestmark = pytest.mark.e2e

MUST_SHOW = {
    "eth": ("src", "dst"), "arp": ("op", "sender", "sender_mac", "target", "target_mac"), "ipv4": ("src", "dst", "ttl"),
    "icmp": ("name",), "udp": ("sport", "dport"), "tcp": ("sport", "dport", "flags"), "vxlan": ("vni",), "payload": ("text",),
    "dns": ("name", "type", "rcode"), "http": ("line", "host"), "tls": ("records", "server_name"),
}  # fmt: skip
QUESTIONS = [
    ("zh", "pod/default/client-a", "icmp://10.2.2.50", {}),
    ("en", "pod/default/client-a", "icmp://10.2.2.50", {"ttl": "2"}),
    ("en", "pod/default/client-a", "tcp://10.2.1.37:81", {"sport": "40000"}),
    ("zh", "pod/default/client-a", "udp://10.2.1.37:53", {"size": "3000"}),
    ("en", "ext/ext-client", "icmp://10.2.1.37", {}),
    ("zh", "node/k8s-node-11", "icmp://10.2.2.99", {}),
]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_sandbox_shows_the_trace_that_the_command_line_prints(visitor: Visitor, oracle: Server, lang: Lang) -> None:
    page = SandboxPage(visitor("/sandbox", server=oracle, lang=lang))
    for _, sender, to, more in (question for question in QUESTIONS if question[0] == lang):
        options = [part for name, value in more.items() for part in (f"--{name}", value)]
        real = trace(ORACLE, sender, to, *options)
        page.send(sender, to, **{name: more.get(name, "") for name in ("ttl", "size", "sport")})
        compare(page, real)
        result = page.page.get_by_test_id("result")
        expect(result).to_have_attribute("data-ok", str(real["verdict"]["outcome"] == "delivered").lower())
        expect(result).to_contain_text(real["verdict"]["at"])


def test_a_tcp_connection_of_three_hundred_hops_is_listed_as_the_command_line_prints_it(
    visitor: Visitor, oracle: Server
) -> None:
    page = SandboxPage(visitor("/sandbox", server=oracle))
    real = trace(ORACLE, "pod/default/client-a", "tcp://10.2.2.50:80")
    page.send("pod/default/client-a", "tcp://10.2.2.50:80")
    compare_list(page, real)
    assert len(real["hops"]) > 200


@pytest.mark.parametrize(
    ("lang", "sender", "to", "kinds"),
    [
        ("en", "pod/default/client", "http://my-nginx", {"dns-query", "dns-answer", "http-request", "http-response"}),
        ("zh", "ext/client", "http://www.example.com/", {"dns-answer", "http-request", "http-match", "http-response"}),
        ("zh", "pod/default/client", "dns://nothing.example", {"dns-query", "dns-answer"}),
    ],
)
def test_a_name_is_looked_up_and_asked_as_the_command_line_prints_it(
    visitor: Visitor, web: Server, lang: Lang, sender: str, to: str, kinds: set[str]
) -> None:
    page = SandboxPage(visitor("/sandbox", server=web, lang=lang))
    real = trace(WEB, sender, to)
    page.send(sender, to)
    compare_list(page, real)
    told = [hop for hop in real["hops"] if hop["kind"] in kinds]
    assert {hop["kind"] for hop in told} == kinds
    for hop in told:
        page.page.locator(f"tr[data-index='{hop['n'] - 1}']").dispatch_event("click")
        compare_moment(page, page.moment_at(hop["n"]), hop, len(real["hops"]))
    expect(page.page.get_by_test_id("result")).to_contain_text(real["verdict"]["at"])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_form_tells_every_url_that_can_be_sent_and_a_wrong_one_fits_its_column(
    visitor: Visitor, web: Server, lang: Lang
) -> None:
    page = SandboxPage(visitor("/sandbox", server=web, lang=lang, size=(1024, 768)))
    page.story.locator("#send-help summary").click()
    for scheme in SCHEMES:
        expect(page.story.locator(".schemes")).to_contain_text(f"{scheme}://")
    page.story.get_by_role("button", name="http client → my-nginx", exact=True).click()
    expect(page.page.locator("#send-to")).to_have_value("http://my-nginx")
    page.page.locator("#send-to").fill("ftp://my-nginx")
    page.button("send.send").click()
    expect(page.page.locator("#send-problem")).to_contain_text("dns://NAME")
    assert page.story.locator(".scroll").first.evaluate("(story) => story.scrollWidth <= story.clientWidth")


@pytest.mark.parametrize(
    ("place", "cluster", "to", "lang"),
    [
        ("pod-same-node?s=predict-hop", TWO_PODS, "icmp://10.2.2.49", "en"),
        ("pod-cross-node?s=next-door", THREE_PODS, "icmp://10.2.1.2", "zh"),
    ],
)
def test_a_lesson_shows_the_trace_that_the_command_line_prints(
    visitor: Visitor, place: str, cluster: tuple[str, ...], to: str, lang: Lang
) -> None:
    page = LessonPage(visitor(f"/l/{place}", lang=lang))
    page.skip()
    compare(page, trace(cluster, "pod/default/my-nginx-1", to))


def compare(page: Player, real: Json) -> None:
    """Step through every hop with the arrow key; at each compare place, caption, packet and evidence."""
    compare_list(page, real)
    total = len(real["hops"])
    for number, hop in enumerate(real["hops"], start=1):
        compare_moment(page, page.moment_at(number), hop, total)
        page.press("ArrowRight")
    page.expect_hop(total, total)


def compare_list(page: Player, real: Json) -> None:
    """Compare the hop list: number, sentence and kind of every hop."""
    page.press("Home")
    page.expect_hop(1, len(real["hops"]))
    wanted = [[str(hop["n"]), caption(hop, page.visit.look.lang), hop["kind"]] for hop in real["hops"]]
    assert page.rows() == wanted


def compare_moment(page: Player, seen: Json, hop: Json, total: int) -> None:
    """Compare what is shown at one hop."""
    lang = page.visit.look.lang
    assert (seen["hop"], seen["caption"]) == (hop["n"], caption(hop, lang))
    assert seen["selected"] == [str(hop["n"])]
    if hop["n"] > 1:
        assert seen["spoken"].startswith(ui(lang, "transport.hop-of", n=hop["n"], total=total))
        assert caption(hop, lang) in seen["spoken"]
    stage = strings(lang, "ui").get(f"crumb.stage.{hop['stage']}", hop["stage"])
    place = [part for part in (hop["interface"], stage) if part]
    assert seen["here"][-len(place) :] == place
    compare_packet(seen["layers"], hop["headers"])
    assert seen["did"] == [change_text(change, lang) for change in hop["changes"]]
    evidence = hop["evidence"] or {"tool": None, "entry": None, "skipped": []}
    assert (seen["tool"], seen["entry"]) == (evidence["tool"], evidence["entry"])
    assert seen["skipped"] == [[one["entry"], one["because"]] for one in evidence["skipped"]]


def compare_packet(boxes: Json, headers: Json) -> None:
    """Compare the boxes in boxes with the headers: their order, their fields in order, nothing that is not there."""
    assert [box["layer"] for box in boxes] == [header["layer"] for header in headers]
    assert [box["inside"] for box in boxes] == [None, *(header["layer"] for header in headers[:-1])]
    for box, header in zip(boxes, headers, strict=True):
        needed = [shown(header[name]).strip() for name in MUST_SHOW[header["layer"]] if header.get(name) is not None]
        rest = iter(box["values"])
        assert all(value in rest for value in needed), f"{needed} of {header} not in {box['values']}"
        known = {shown(value).strip() for value in header.values()} | {"yes", "是"}
        assert set(box["values"]) <= known


def change_text(change: Json, lang: Lang) -> str:
    """Return how one change of a field is told."""
    name = strings(lang, "ui").get(f"field.{change['field']}", change["field"])
    what = {"field": name, "before": shown(change["before"]), "after": shown(change["after"])}
    if change["field"] == "outer":
        return ui(lang, "change.wrap" if change["before"] is None else "change.unwrap", **what)
    kind = "set" if change["before"] is None else "gone" if change["after"] is None else "becomes"
    return ui(lang, f"change.{kind}", **what)
