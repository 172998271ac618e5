"""HTTP and TLS flows: what servers answer, what they log, what the trace shows, what Wireshark reads."""

import base64
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins
from msgspec.structs import replace

from app.kube.clusterfile import load_cluster_text
from app.shell import run
from app.sim.capture import capture
from app.sim.picture import picture
from app.sim.request import TraceRequest
from app.sim.scene import scene
from app.sim.simulator import Simulator
from app.sim.trace import Trace, to_json
from app.workloads.machine import Container
from app.workloads.tls.certificates import self_signed
from tests.flows.test_evidence import problems_of
from tests.oracle import tshark

CERTIFICATE = self_signed("shop.example", ["shop.example"]).data
PEM = f"-----BEGIN CERTIFICATE-----\n{base64.b64encode(CERTIFICATE).decode()}\n-----END CERTIFICATE-----\n"
TEXT = (Path(__file__).parent / "web.yaml").read_text().replace("CERTIFICATE", repr(PEM).replace("'", '"'))
CLIENT = "pod/default/client"


def cluster() -> Simulator:
    return Simulator(load_cluster_text(TEXT))


def address(simulator: Simulator, pod: str) -> str:
    netns = simulator.live.machines[f"pod/default/{pod}"].netns
    return str(netns.interfaces["eth0"].addresses[0].interface.ip)


def container(simulator: Simulator, pod: str) -> Container:
    return next(iter(simulator.live.machines[f"pod/default/{pod}"].containers.values()))


def ask(simulator: Simulator, to: str, sender: str = CLIENT, **options: Any) -> Trace:
    return simulator.trace(TraceRequest(sender, to, **options))


def page(trace: Trace) -> str:
    """The bytes that the client read, as the capture of its own interface has them: request and answer in order."""
    layers = [h.headers[-1] for h in trace.hops if h.kind == "receive" and h.netns == CLIENT and h.interface == "eth0"]
    return " ".join(str(to_builtins(layer).get("text", "")) for layer in layers)


def kinds(trace: Trace) -> list[str]:
    return [h.kind for h in trace.hops if h.kind.startswith(("http", "tls"))]


def test_nginx_serves_its_index_and_logs_the_client_that_it_saw() -> None:
    simulator = cluster()
    trace = ask(simulator, f"http://{address(simulator, 'web')}/")
    verdict = trace.verdict
    assert (verdict.outcome, verdict.sender_learns, verdict.http_status, verdict.at) == (
        "delivered",
        "answered",
        200,
        "pod/default/web",
    )
    assert verdict.why == "pod/default/web answered: HTTP/1.1 200 OK."
    assert kinds(trace) == ["http-request", "http-response"]
    assert "Welcome to nginx!" in page(trace)
    log = container(simulator, "web").log[-1].text
    client = address(simulator, "client")
    assert log.startswith(f'{client} - - [01/Jan/2026:00:00:00 +0000] "GET / HTTP/1.1" 200 ')
    assert log.endswith('"-" "podwalk" "-"')


def test_a_changed_index_is_what_the_next_visitor_reads() -> None:
    simulator = cluster()
    container(simulator, "web").files.write("/usr/share/nginx/html/index.html", "page one\n")
    assert "page one" in page(ask(simulator, f"http://{address(simulator, 'web')}/"))


def test_what_is_not_there_is_404_and_stands_in_the_error_log() -> None:
    simulator = cluster()
    trace = ask(simulator, f"http://{address(simulator, 'web')}/a%20b?c=d")
    assert (trace.verdict.outcome, trace.verdict.http_status) == ("delivered", 404)
    error, access = (line.text for line in container(simulator, "web").log[-2:])
    assert 'open() "/usr/share/nginx/html/a b" failed (2: No such file or directory)' in error
    assert '"GET /a%20b?c=d HTTP/1.1" 404 ' in access


def test_through_a_node_port_the_log_shows_the_node_that_masqueraded() -> None:
    simulator = cluster()
    trace = ask(simulator, "http://10.0.0.11:30080/", "ext/client")
    assert trace.verdict.http_status == 200
    assert container(simulator, "web").log[-1].text.startswith("10.2.1.0 - - ")


def test_whoami_tells_who_asked_and_listens_where_its_arguments_say() -> None:
    simulator = cluster()
    trace = ask(simulator, f"http://{address(simulator, 'who')}:8080/x", sport=40000)
    assert f"Name: me Hostname: who IP: 127.0.0.1 IP: {address(simulator, 'who')} RemoteAddr:" in page(trace)
    assert ask(simulator, f"http://{address(simulator, 'who')}/").verdict.sender_learns == "ECONNREFUSED"


@pytest.mark.parametrize(
    ("pod", "port", "status"), [("files", 9000, 200), ("files", 8000, None), ("echo", 5678, 200), ("pinned", 81, 200)]
)
def test_servers_listen_where_they_are_told(pod: str, port: int, status: int | None) -> None:
    simulator = cluster()
    assert ask(simulator, f"http://{address(simulator, pod)}:{port}/").verdict.http_status == status


@pytest.mark.parametrize(("pod", "port"), [("shop", 8080), ("pinned", 8080), ("bound", 8080)])
def test_a_server_bound_to_localhost_answers_in_its_own_pod_only(pod: str, port: int) -> None:
    simulator = cluster()
    outside = ask(simulator, f"http://{address(simulator, pod)}:{port}/say")
    assert (outside.verdict.outcome, outside.verdict.sender_learns) == ("refused", "ECONNREFUSED")
    inside = ask(simulator, f"http://127.0.0.1:{port}/say", f"pod/default/{pod}")
    assert inside.verdict.http_status == (404 if pod == "bound" else 200), "nobody wrote a file `say` there"


def test_https_shows_the_name_asked_for_and_nothing_else() -> None:
    simulator = cluster()
    trace = ask(simulator, f"https://{address(simulator, 'shop')}/old")
    assert trace.verdict.http_status == 301
    assert kinds(trace) == ["tls-handshake", "tls-handshake", "http-request", "http-response"]
    seen = [to_builtins(h.headers[-1]) for h in trace.hops if h.kind == "transmit" and h.netns == CLIENT]
    assert [layer["records"] for layer in seen if layer["layer"] == "tls"] == [
        "Client Hello", "Change Cipher Spec, Application Data", "Application Data",
    ]  # fmt: skip
    assert "http" not in {layer["layer"] for layer in seen}


@pytest.mark.parametrize(
    ("path", "status"), [("/say", 200), ("/a.secret", 403), ("/", 200), ("/nothing", 404), ("/../../etc/passwd", 404)]
)
def test_nginx_follows_its_configuration(path: str, status: int) -> None:
    simulator = cluster()
    assert ask(simulator, f"https://{address(simulator, 'shop')}{path}").verdict.http_status == status


def test_an_outside_host_tells_which_address_it_saw() -> None:
    simulator = cluster()
    assert "Hostname: internet RemoteAddr: 10.0.0.11:" in page(ask(simulator, "http://203.0.113.10/where"))
    assert ask(simulator, "https://203.0.113.10/").verdict.http_status == 200
    assert ask(simulator, "tcp://203.0.113.10:80").verdict.sender_learns == "connected"


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/version", 200), ("/api/v1/pods", 403)])
def test_the_api_server_answers_strangers_what_they_may_know(path: str, status: int) -> None:
    simulator = cluster()
    assert ask(simulator, f"https://10.1.0.1{path}").verdict.http_status == status


def test_an_nginx_with_a_broken_configuration_ends_and_is_started_again() -> None:
    simulator = cluster()
    simulator.settle(2_000_000)
    nginx = container(simulator, "broken")
    assert nginx.state != "running" or nginx.restarts
    assert "[emerg]" in " ".join(line.text for line in nginx.log)
    assert ask(simulator, f"http://{address(simulator, 'broken')}/").verdict.sender_learns == "ECONNREFUSED"


def test_the_kubelets_probe_is_answered_by_the_program_and_stands_in_its_log() -> None:
    simulator = cluster()
    nginx = container(simulator, "probed")
    assert not nginx.is_ready
    nginx.files.write("/usr/share/nginx/html/ready", "yes")
    simulator.settle(3_000_000)
    assert container(simulator, "probed").is_ready
    lines = [line.text for line in nginx.log if "kube-probe" in line.text]
    assert lines[0].startswith("10.2.1.1 - - ") and '"GET /ready HTTP/1.1" 404 ' in lines[0]
    assert '"GET /ready HTTP/1.1" 200 ' in lines[-1]


def test_tls_to_a_plain_port_and_plain_http_to_a_tls_port_are_told() -> None:
    simulator = cluster()
    trace = ask(simulator, f"https://{address(simulator, 'web')}:80/")
    assert (trace.verdict.outcome, trace.verdict.why) == (
        "reset",
        "TCP connected, but TLS did not: wrong version number.",
    )
    plain = ask(simulator, f"http://{address(simulator, 'shop')}:443/")
    assert plain.verdict.http_status == 400


def test_a_socket_that_echoes_is_no_web_server() -> None:
    simulator = cluster()
    trace = ask(simulator, f"http://{address(simulator, 'deaf')}/")
    assert trace.verdict.why.startswith("What came back is no HTTP answer")


def test_a_question_of_tcp_is_about_the_socket_also_at_a_web_server() -> None:
    simulator = cluster()
    trace = ask(simulator, f"tcp://{address(simulator, 'web')}:80")
    assert (trace.verdict.sender_learns, kinds(trace)) == ("connected", [])


def test_nobody_there_and_a_dropped_request_end_as_for_tcp() -> None:
    simulator = cluster()
    assert ask(simulator, "http://10.2.1.99/").verdict.outcome == "unreachable"
    rule = f"iptables -I FORWARD -d {address(simulator, 'web')} -p tcp --dport 80 -j DROP"
    assert run(simulator, "node/worker", rule).exit_code == 0
    dropped = ask(simulator, "http://10.1.0.80/").verdict
    assert (dropped.outcome, dropped.at) == ("timed-out", "worker")


def test_a_long_page_comes_in_many_segments() -> None:
    simulator = cluster()
    container(simulator, "web").files.write("/usr/share/nginx/html/index.html", "0123456789abcdef" * 4096)
    trace = ask(simulator, f"http://{address(simulator, 'web')}/")
    [read] = [h for h in trace.hops if h.kind == "http-response"]
    assert read.caption.params["size"] == 65536
    segments = {
        h.packet
        for h in trace.hops
        if h.kind == "deliver"
        and h.netns == CLIENT
        and h.headers[-1].__class__.__name__ in ("HttpLayer", "PayloadLayer")
    }
    assert len(segments) == 48


def test_every_hop_cites_what_its_tool_prints() -> None:
    for to in ("http://10.1.0.80/", "https://SHOP/"):
        simulator = cluster()
        assert problems_of(simulator, TraceRequest(CLIENT, to.replace("SHOP", address(simulator, "shop")))) == []


def test_the_picture_tells_the_lines_of_http() -> None:
    simulator = cluster()
    svg = picture(ask(simulator, "http://10.1.0.80/a"), scene(simulator), "zh-CN").decode()
    assert "http GET /a HTTP/1.1 (host" in svg and "HTTP/1.1 404 Not Found" in svg


def test_the_same_question_gives_the_same_bytes() -> None:
    one, other = (to_json(ask(cluster(), "http://10.1.0.80/")) for _ in range(2))
    assert one == other


def test_wireshark_dissects_what_is_sent(tmp_path: Path) -> None:
    tshark.require()
    simulator = cluster()
    sections = []
    for to in ("http://10.1.0.80/", "https://SHOP/say", "http://10.1.0.80/none"):
        trace = ask(simulator, to.replace("SHOP", address(simulator, "shop")))
        sections.append(capture(trace, simulator.packets, simulator.cluster.spec.clock, "en"))
    container(simulator, "web").files.write("/usr/share/nginx/html/index.html", "<p>long</p>" * 1000)
    trace = ask(simulator, "http://10.1.0.80/")
    # Wireshark joins segments of one stream whatever interface they are from: a long answer is looked at on one.
    own = [s for s in trace.sightings if (s.netns, s.interface) == (CLIENT, "eth0")]
    alone = replace(trace, sightings=own)
    sections.append(capture(alone, simulator.packets, simulator.cluster.spec.clock, "en"))
    file = tmp_path / "web.pcapng"
    file.write_bytes(b"".join(sections))
    assert tshark.run(file, "-Y", tshark.BAD) == []
    rows = set(
        map(
            str,
            tshark.run(file, "-T", "fields", "-e", "http.request.full_uri", "-e", "http.response.code", "-Y", "http"),
        )
    )
    assert {"http://10.1.0.80/\t", "\t200", "\t404"} <= {row if "\t" in row else row + "\t" for row in rows}
    names = tshark.run(file, "-T", "fields", "-e", "tls.handshake.type", "-Y", "tls.handshake.type")
    assert set(names) == {"1", "2"}
    versions = tshark.run(
        file, "-T", "fields", "-e", "tls.handshake.extensions.supported_version", "-Y", "tls.handshake.type == 2"
    )
    assert set(versions) == {"0x0304"}
