"""Ingress controllers at work: what each answer means, whom they dial, what they report."""

from __future__ import annotations

import re
from pathlib import Path

from app.shell import run
from tests.unit.workloads.ingress.clusters import (
    CLIENT,
    NODE,
    base,
    curl,
    ingress,
    log,
    matches,
    pod,
    service,
    simulator,
    status,
)  # fmt: skip

SECOND_US = 1_000_000
DROP = "iptables -A INPUT -p tcp --dport 80 -j DROP"


def test_a_request_is_proxied_to_a_pod_that_the_controller_dials_itself(tmp_path: Path) -> None:
    sim = simulator(tmp_path, pod("a", "web"), service("web"), ingress("web", "a.test", [("/", "Prefix", "web")]))
    answer = curl(sim, "a.test", "/x?y=1", "-i")
    assert answer.stdout.startswith("HTTP/1.1 200 OK\n")
    for line in ("Hostname: a", "GET /x?y=1 HTTP/1.1", "Host: a.test", "X-Forwarded-For: 10.0.0.200",
                 "X-Real-Ip: 10.0.0.200", "X-Forwarded-Proto: http"):  # fmt: skip
        assert line in answer.stdout
    assert "Server:" not in answer.stdout
    hops = matches(answer)
    assert [hop.caption.code for hop in hops] == ["http-match", "http-upstream"]
    assert hops[1].caption.params["server"] == "10.2.0.2:80"


def test_the_evidence_of_a_match_is_printed_by_its_command_where_the_hop_is(tmp_path: Path) -> None:
    sim = simulator(tmp_path, pod("a", "web"), service("web"), ingress("web", "a.test", [("/a", "Prefix", "web")]))
    answer = curl(sim, "a.test", "/a")
    for hop in matches(answer):
        assert hop.evidence
        printed = run(sim, f"node/{hop.netns}", hop.evidence.tool).stdout.replace("        ", "\t")
        assert hop.evidence.entry in printed
        assert all(each.entry in printed for each in hop.evidence.skipped)


def test_four_statuses_have_four_causes(tmp_path: Path) -> None:
    rules = [("/empty", "Prefix", "empty"), ("/absent", "Prefix", "absent"), ("/closed", "Prefix", "closed"),
             ("/silent", "Prefix", "silent")]  # fmt: skip
    sim = simulator(tmp_path, pod("c", "closed", "busybox"), pod("s", "silent"), service("empty"), service("closed"),
                    service("silent"), ingress("more", "b.test", rules))  # fmt: skip
    run(sim, "pod/default/s", DROP)
    assert status(sim, "b.test", "/none") == "404"
    assert status(sim, "b.test", "/empty") == "503"
    assert status(sim, "b.test", "/absent") == "503"
    assert status(sim, "b.test", "/closed") == "502"
    code, took = curl(sim, "b.test", "/silent", "-o /dev/null -w '%{http_code} %{time_total}'").stdout.split()
    assert (code, int(float(took))) == ("504", 15)
    text = "\n".join(log(sim))
    assert text.count("connect() failed (111: Connection refused) while connecting to upstream") == 3
    assert text.count("upstream timed out (110: Operation timed out) while connecting to upstream") == 3
    assert re.search(r'"GET /closed HTTP/1.1" 502 .* \[default-closed-80\] \[\] 10.2.0.2:80, 10.2.0.2:80, 10.2.0.2:80 '
                     r"0, 0, 0 .* 502, 502, 502 [0-9a-f]{32}$", text, re.MULTILINE)  # fmt: skip


def test_an_application_s_own_404_passes_through(tmp_path: Path) -> None:
    sim = simulator(tmp_path, pod("a", "web", "nginx:1.14.0"), service("web"),
                    ingress("web", "a.test", [("/", "Prefix", "web")]))  # fmt: skip
    assert "<hr><center>nginx/1.14.0</center>" in curl(sim, "a.test", "/no/such/page").stdout
    assert "[default-web-80] [] 10.2.0.2:80" in log(sim)[-1]


def test_requests_go_round_the_pods(tmp_path: Path) -> None:
    sim = simulator(tmp_path, pod("a", "web"), pod("b", "web"), pod("c", "web"), service("web"),
                    ingress("web", "a.test", [("/", "Prefix", "web")]))  # fmt: skip
    names = [curl(sim, "a.test").stdout.splitlines()[0] for _ in range(6)]
    assert len(set(names[:3])) == 3
    assert names[:3] == names[3:]


def test_another_pod_is_tried_when_one_refuses_but_not_for_a_post_that_was_sent(tmp_path: Path) -> None:
    sim = simulator(tmp_path, pod("a", "web", "busybox"), pod("b", "web"), service("web"),
                    ingress("web", "a.test", [("/", "Prefix", "web")]))  # fmt: skip
    assert {status(sim, "a.test") for _ in range(4)} == {"200"}
    codes = [hop.caption.code for hop in matches(curl(sim, "a.test", options="-d x=1"))]
    assert set(codes) <= {"http-match", "http-upstream", "http-upstream-failed", "http-upstream-next"}


def test_tls_ends_at_the_controller_and_the_name_chooses_the_certificate(tmp_path: Path) -> None:
    sim = simulator(tmp_path, pod("a", "web"), service("web"),
                    ingress("web", "a.test", [("/", "Prefix", "web")], tls=[{"hosts": ["a.test"]}]))  # fmt: skip
    redirected = curl(sim, "a.test", "/x", "-i").stdout
    assert redirected.startswith("HTTP/1.1 308 Permanent Redirect\n")
    assert "Location: https://a.test/x\n" in redirected
    asked = f"curl -sS -k -i --resolve a.test:443:{NODE} https://a.test/x"
    answer = run(sim, CLIENT, asked).stdout
    assert "X-Forwarded-Proto: https" in answer
    assert "Strict-Transport-Security: max-age=31536000; includeSubDomains\n" in answer
    refused = run(sim, CLIENT, asked.replace(" -k", ""))
    assert refused.exit_code == 60
    assert refused.stderr.startswith("curl: (60) SSL certificate problem: self-signed certificate\n")


def test_a_change_is_known_a_second_later(tmp_path: Path) -> None:
    sim = simulator(tmp_path, pod("a", "web"), service("web"), ingress("web", "a.test", [("/", "Prefix", "web")]))
    assert status(sim, "a.test") == "200"
    sim.live.api.delete("Ingress", "web", "default")
    assert status(sim, "a.test") == "200"
    sim.clock.run_until(sim.clock.now_us + 2 * SECOND_US)
    assert status(sim, "a.test") == "404"


def test_the_lag_of_controllers_can_be_set(tmp_path: Path) -> None:
    sim = simulator(tmp_path, base(lag={"ingress": "30s"}), pod("a", "web"), service("web"),
                    ingress("web", "a.test", [("/", "Prefix", "web")]))  # fmt: skip
    sim.clock.run_until(SECOND_US)
    sim.live.api.delete("Ingress", "web", "default")
    sim.clock.run_until(sim.clock.now_us + 29 * SECOND_US)
    assert status(sim, "a.test") == "200"
    sim.clock.run_until(sim.clock.now_us + SECOND_US)
    assert status(sim, "a.test") == "404"


def test_the_controller_tells_of_an_ingress_and_gives_it_its_node_s_address(tmp_path: Path) -> None:
    sim = simulator(tmp_path, ingress("web", "a.test", [("/", "Prefix", "web")]),
                    ingress("alien", "b.test", [("/", "Prefix", "web")], ingressClassName="other"))  # fmt: skip
    store = sim.live.store
    told = [(each.body["involvedObject"]["name"], each.body["reason"], each.body["message"])
            for each in store.list("Event") if each.body["involvedObject"]["kind"] == "Ingress"]  # fmt: skip
    assert told == [("web", "Sync", "Scheduled for sync")]
    web, alien = store.get("Ingress", "web", "default"), store.get("Ingress", "alien", "default")
    assert web and alien
    assert web.body["status"] == {"loadBalancer": {"ingress": [{"ip": NODE}]}}
    assert "status" not in alien.body


def test_nginx_ingress_writes_a_file_for_each_ingress_and_answers_502_without_endpoints(tmp_path: Path) -> None:
    controller = pod("controller", "ic", "nginx/nginx-ingress:1.7.2")
    sim = simulator(
        tmp_path, base(addons=[], kubernetesVersion="1.19"), controller, pod("a", "web"), service("web"),
        service("empty"), ingress("test", "a.test", [("/", "Prefix", "web"), ("/empty", "Prefix", "empty")]),
    )  # fmt: skip
    address = next(iter(sim.live.machines["pod/default/controller"].netns.interfaces["eth0"].addresses)).interface.ip
    file = "/etc/nginx/conf.d/default-test.conf"
    listed = run(sim, "pod/default/controller", f"cat {file}").stdout
    assert "server 10.2.0.3:80 max_fails=1 fail_timeout=10s max_conns=0;" in listed
    answer = run(sim, "node/node-10", f"curl -si -H 'Host: a.test' http://{address}/").stdout
    assert answer.startswith("HTTP/1.1 200 OK\nServer: nginx/1.19.0\n")
    empty = run(sim, "node/node-10", f"curl -si -H 'Host: a.test' http://{address}/empty").stdout
    assert empty.startswith("HTTP/1.1 502 Bad Gateway\n")
    assert log(sim, "nginx-ingress")[-1].endswith('"GET /empty HTTP/1.1" 502 157 "-" "curl/7.88.1" "-"')


def test_traefik_tells_its_routers_and_takes_a_longer_word_for_the_prefix(tmp_path: Path) -> None:
    sim = simulator(tmp_path, base(addons=["traefik"]), pod("a", "web"), service("web"),
                    ingress("web", "a.test", [("/foo", "Prefix", "web")], ingressClassName="traefik"))  # fmt: skip
    traefik = next(machine for name, machine in sim.live.machines.items() if "traefik/" in name)
    address = traefik.netns.interfaces["eth0"].addresses[0].interface.ip
    asked = f"curl -si -H 'Host: a.test' http://{address}:8000"
    answer = run(sim, "node/node-10", f"{asked}/foobar")
    assert "Hostname: a\n" in answer.stdout
    assert f"X-Forwarded-Server: {traefik.hostname}" in answer.stdout
    match = matches(answer)[0]
    assert match.evidence
    assert match.evidence.entry == r'"rule": "Host(\"a.test\") && PathPrefix(\"/foo\")",'
    assert match.evidence.entry in run(sim, match.netns, match.evidence.tool).stdout
    assert run(sim, "node/node-10", f"{asked}/bar").stdout.endswith("404 page not found\n")
