"""curl's words and exit codes: those of curl 7.88.1, recorded by running it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.shell import run
from app.shell.result import CommandResult
from app.sim.simulator import Simulator
from tests.unit.workloads.ingress.clusters import base, ingress, pod, service, simulator

NODE = "node/node-10"
POD = "10.2.0.2"
SILENT = "iptables -A INPUT -p tcp -j DROP"


@pytest.fixture
def sim(tmp_path: Path) -> Simulator:
    return simulator(tmp_path, base(addons=[]), pod("a", "web", "nginx:1.14.0"), pod("b", "web", "busybox"))


def curl(sim: Simulator, words: str) -> CommandResult:
    return run(sim, NODE, f"curl {words}")


@pytest.mark.parametrize(("words", "code", "stderr"), [
    ("", 2, "curl: try 'curl --help' or 'curl --manual' for more information\n"),
    ("--foo", 2, "curl: option --foo: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n"),
    ("-H", 2, "curl: option -H: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\n"),
    ("foo://x", 1, 'curl: (1) Protocol "foo" not supported or disabled in libcurl\n'),
    ("http://", 3, "curl: (3) URL using bad/illegal format or missing URL\n"),
    ("http://10.2.0.2:99999/", 3, "curl: (3) URL using bad/illegal format or missing URL\n"),
    ("nosuch.invalid", 6, "curl: (6) Could not resolve host: nosuch.invalid\n"),
    ("http://10.2.0.3/", 7, "curl: (7) Failed to connect to 10.2.0.3 port 80 after 0 ms: Couldn't connect to server\n"),
    ("-s http://10.2.0.3/", 7, ""),
    ("-fsS http://10.2.0.2/none", 22, "curl: (22) The requested URL returned error: 404\n"),
    ("-sS https://10.2.0.2:80/", 35, "curl: (35) OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number\n"),
])  # fmt: skip
def test_what_fails_is_told_in_the_real_one_s_words(sim: Simulator, words: str, code: int, stderr: str) -> None:
    result = curl(sim, words)
    assert (result.exit_code, result.stderr, result.stdout) == (code, stderr, "")


@pytest.mark.parametrize(("options", "stderr"), [
    ("-m 1", "curl: (28) Connection timed out after 1000 milliseconds\n"),
    ("--connect-timeout 2", "curl: (28) Failed to connect to 10.2.0.2 port 80 after 2000 ms: Timeout was reached\n"),
    ("", "curl: (28) Failed to connect to 10.2.0.2 port 80 after 131000 ms: Couldn't connect to server\n"),
])  # fmt: skip
def test_silence_ends_with_28_after_the_time_that_was_given(sim: Simulator, options: str, stderr: str) -> None:
    run(sim, "pod/default/a", SILENT)
    result = curl(sim, f"{options} http://{POD}/")
    assert (result.exit_code, result.stderr) == (28, stderr)


def test_verbose_tells_the_connection_and_both_heads(sim: Simulator) -> None:
    result = curl(sim, f"-sv -H 'X-Foo: 1' -H 'User-Agent: me' -u a:b -d a=b http://{POD}/a/../b")
    assert result.stderr.startswith(
        f"*   Trying {POD}:80...\n* Connected to {POD} ({POD}) port 80 (#0)\n* Server auth using Basic with user 'a'\n"
        f"> POST /b HTTP/1.1\n> Host: {POD}\n> Authorization: Basic YTpi\n> Accept: */*\n> X-Foo: 1\n> User-Agent: me\n"
        "> Content-Length: 3\n> Content-Type: application/x-www-form-urlencoded\n> \n< HTTP/1.1 405 Not Allowed\n"
    )
    assert result.stderr.endswith("< \n* Connection #0 to host 10.2.0.2 left intact\n")


def test_write_out_knows_its_variables_and_names_the_others(sim: Simulator) -> None:
    form = "%{http_code} %{remote_ip}:%{remote_port} %{scheme} %{http_version} %{num_redirects} %{url_effective} %{bogus}|\\n"
    result = curl(sim, f"-sS -o /dev/null -w '{form}' http://{POD}")
    assert result.stdout == f"200 {POD}:80 HTTP 1.1 0 http://{POD}/ |\n"
    assert result.stderr == "curl: unknown --write-out variable: 'bogus'\n"
    assert curl(sim, "-s -w '%{http_code}\\n' http://10.2.0.3/").stdout == "000\n"


def test_the_head_the_page_and_a_file(sim: Simulator) -> None:
    head = curl(sim, f"-sI http://{POD}/").stdout
    assert head.startswith("HTTP/1.1 200 OK\nServer: nginx/1.14.0\n")
    assert head.endswith("\n\n")
    both = curl(sim, f"-si http://{POD}/").stdout
    page = curl(sim, f"-s http://{POD}/").stdout
    assert both.endswith(f"\n\n{page}")
    assert curl(sim, f"-s -o page.html http://{POD}/").stdout == ""
    assert run(sim, NODE, "cat /root/page.html").stdout == page


def test_redirects_are_followed_only_when_asked(tmp_path: Path) -> None:
    secured = ingress("web", "a.test", [("/", "Prefix", "web")], tls=[{"hosts": ["a.test"]}])
    sim = simulator(tmp_path, pod("a", "web"), service("web"), secured)
    names = "--resolve a.test:80:10.0.0.10 --resolve a.test:443:10.0.0.10"
    asked = f"-sk {names} -o /dev/null -w '%{{http_code}} %{{num_redirects}} %{{redirect_url}}' http://a.test/x"
    assert run(sim, "ext/client", f"curl {asked}").stdout == "308 0 https://a.test/x"
    assert run(sim, "ext/client", f"curl -L {asked}").stdout == "200 1 "
    assert run(sim, "ext/client", f"curl -L --max-redirs 0 -sS {asked}").exit_code == 47


def test_a_name_is_looked_up_and_a_silent_resolver_is_waited_for_no_longer_than_asked(tmp_path: Path) -> None:
    sim = simulator(
        tmp_path, base(addons=["coredns"]), pod("a", "web", "nginx:1.14.0"), pod("b", "client"), service("web")
    )
    assert run(sim, "pod/default/b", "curl -s -o /dev/null -w '%{http_code}' http://web/").stdout == "200"
    deaf = simulator(tmp_path, base(addons=[]), pod("b", "client"))
    result = run(deaf, "pod/default/b", "curl -sS -m 2 http://web/")
    assert (result.exit_code, result.stderr) == (28, "curl: (28) Resolving timed out after 2000 milliseconds\n")
