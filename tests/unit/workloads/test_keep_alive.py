"""Connections of a server and its client: kept, closed, and requests one after the other on one of them."""

from ipaddress import IPv4Address

from app.kube.clusterfile import load_cluster_text
from app.sim.simulator import Simulator
from app.workloads.http.client import Fetch, Fetched, fetch
from app.workloads.http.message import HttpRequest
from tests.flows.test_http import TEXT, address, container

HOST = ("Host", "web")


def started() -> tuple[Simulator, tuple[IPv4Address, int]]:
    simulator = Simulator(load_cluster_text(TEXT))
    return simulator, (IPv4Address(address(simulator, "web")), 80)


def run(simulator: Simulator, us: int = 1_000_000) -> None:
    simulator.clock.run_until(simulator.clock.now_us + us)


def ask(
    simulator: Simulator, endpoint: tuple[IPv4Address, int], request: HttpRequest, *, keeps: bool
) -> tuple[Fetch, list[Fetched]]:
    answers: list[Fetched] = []
    running = fetch(simulator.live.machines["pod/default/client"], endpoint, request, answers.append, keeps=keeps)
    run(simulator)
    return running, answers


def test_a_kept_connection_carries_another_request() -> None:
    simulator, endpoint = started()
    running, answers = ask(simulator, endpoint, HttpRequest(headers=(HOST,)), keeps=True)
    assert running.connection is not None and running.connection.state == "ESTAB"
    running.again(HttpRequest("HEAD", "/nothing", (HOST,)), answers.append)
    run(simulator)
    assert [a.response.status for a in answers if a.response] == [200, 404]
    assert answers[1].response is not None and answers[1].response.body == b""
    assert [line.text.split('"')[1] for line in container(simulator, "web").log[-3:] if 'HTTP/1.1" ' in line.text] == [
        "GET / HTTP/1.1",
        "HEAD /nothing HTTP/1.1",
    ]


def test_nginx_lets_go_of_an_idle_connection_after_its_keepalive_timeout() -> None:
    simulator, endpoint = started()
    running, _ = ask(simulator, endpoint, HttpRequest(headers=(HOST,)), keeps=True)
    run(simulator, 66_000_000)
    assert running.connection is not None and running.connection.state != "ESTAB"


def test_connection_close_is_heeded_and_said() -> None:
    simulator, endpoint = started()
    running, [answer] = ask(simulator, endpoint, HttpRequest(headers=(HOST, ("Connection", "close"))), keeps=True)
    assert answer.response is not None and answer.response.header("connection") == "close"
    assert running.connection is not None and running.connection.state != "ESTAB"


def test_what_was_sent_at_once_is_answered_one_after_the_other() -> None:
    simulator, endpoint = started()
    running, answers = ask(simulator, endpoint, HttpRequest(headers=(HOST,)), keeps=True)
    assert running.connection is not None
    pair = HttpRequest("GET", "/a", (HOST,)).render() + HttpRequest("GET", "/b", (HOST,)).render()
    running.connection.write(pair)
    run(simulator)
    log = [line.text for line in container(simulator, "web").log if '"GET /' in line.text and "error" not in line.text]
    assert [text.split('"')[1] for text in log] == ["GET / HTTP/1.1", "GET /a HTTP/1.1", "GET /b HTTP/1.1"]


def test_times_run_out_where_nobody_answers() -> None:
    simulator, _ = started()
    deaf = IPv4Address("203.0.113.99")
    answers: list[Fetched] = []
    machine = simulator.live.machines["pod/default/client"]
    fetch(machine, (deaf, 80), HttpRequest(headers=(HOST,)), answers.append, connect_timeout_us=1_000)
    run(simulator, 2_000)
    assert [(a.error, a.is_connected) for a in answers] == [("timeout", False)]
