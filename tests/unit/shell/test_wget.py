"""wget's words and exit codes: those of GNU Wget 1.21.3 and BusyBox 1.35.0, recorded by running them."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.shell import run
from app.sim.simulator import Simulator
from tests.unit.workloads.ingress.clusters import base, pod, simulator

NODE = "node/node-10"


@pytest.fixture
def sim(tmp_path: Path) -> Simulator:
    return simulator(tmp_path, base(addons=[]), pod("a", "web", "nginx:1.14.0"), pod("b", "web", "busybox"))


def test_gnu_wget_saves_a_page(sim: Simulator) -> None:
    size = len(run(sim, NODE, "curl -s http://10.2.0.2/").stdout)
    result = run(sim, NODE, "wget http://10.2.0.2/")
    lines = result.stderr.splitlines()
    assert result.exit_code == 0
    assert lines[0].endswith("--  http://10.2.0.2/")
    assert lines[1:7] == [
        "Connecting to 10.2.0.2:80... connected.", "HTTP request sent, awaiting response... 200 OK",
        f"Length: {size} [text/html]", "Saving to: ‘index.html’", "",
        f"index.html          100%[===================>] {size:7}  --.-KB/s    in 0s      ",
    ]  # fmt: skip
    assert lines[-1] == "" or lines[-2].endswith(f"‘index.html’ saved [{size}/{size}]")
    assert "Welcome" in run(sim, NODE, "cat index.html").stdout
    assert "‘index.html.1’ saved" in run(sim, NODE, "wget http://10.2.0.2/").stderr


@pytest.mark.parametrize(("words", "code", "stderr"), [
    ("", 1, "wget: missing URL\nUsage: wget [OPTION]... [URL]...\n\nTry `wget --help' for more options.\n"),
    ("--foo x", 2, "wget: unrecognized option '--foo'\nUsage: wget [OPTION]... [URL]...\n\n"
                   "Try `wget --help' for more options.\n"),
    ("-q http://10.2.0.3/", 4, ""),
    ("-q http://10.2.0.2/none", 8, ""),
])  # fmt: skip
def test_gnu_wget_s_complaints(sim: Simulator, words: str, code: int, stderr: str) -> None:
    result = run(sim, NODE, f"wget {words}")
    assert (result.exit_code, result.stderr) == (code, stderr)


@pytest.mark.parametrize(("url", "end"), [
    ("http://10.2.0.3/", "Connecting to 10.2.0.3:80... failed: Connection refused.\n"),
    ("nosuch.invalid", "Resolving nosuch.invalid (nosuch.invalid)... failed: Name or service not known.\n"
                       "wget: unable to resolve host address ‘nosuch.invalid’\n"),
    ("http://10.2.0.2/none", "ERROR 404: Not Found.\n\n"),
])  # fmt: skip
def test_gnu_wget_tells_where_it_ended(sim: Simulator, url: str, end: str) -> None:
    assert run(sim, NODE, f"wget {url}").stderr.endswith(end)


@pytest.mark.parametrize(("words", "code", "stdout", "stderr"), [
    ("http://10.2.0.3/", 1, "", "Connecting to 10.2.0.3 (10.2.0.3:80)\n"
                                "wget: can't connect to remote host (10.2.0.3): Connection refused\n"),
    ("nosuch.invalid", 1, "", "wget: bad address 'nosuch.invalid'\n"),
    ("http://10.2.0.2/none", 1, "", "Connecting to 10.2.0.2 (10.2.0.2:80)\n"
                                    "wget: server returned error: HTTP/1.1 404 Not Found\n"),
    ("--spider http://10.2.0.2/", 0, "", "Connecting to 10.2.0.2 (10.2.0.2:80)\nremote file exists\n"),
])  # fmt: skip
def test_busybox_s_words(sim: Simulator, words: str, code: int, stdout: str, stderr: str) -> None:
    result = run(sim, "pod/default/b", f"wget {words}")
    assert (result.exit_code, result.stdout, result.stderr) == (code, stdout, stderr)


def test_busybox_writes_to_stdout_and_gives_up_in_time(sim: Simulator) -> None:
    page = run(sim, NODE, "curl -s http://10.2.0.2/").stdout
    result = run(sim, "pod/default/b", "wget -O - http://10.2.0.2/")
    assert result.stdout == page
    assert result.stderr == (
        "Connecting to 10.2.0.2 (10.2.0.2:80)\nwriting to stdout\n"
        f"-                    100% |********************************| {len(page):5}  0:00:00 ETA\nwritten to stdout\n"
    )
    run(sim, "pod/default/a", "iptables -A INPUT -p tcp -j DROP")
    assert run(sim, "pod/default/b", "wget -q -T 2 -O - http://10.2.0.2/").stderr == "wget: download timed out\n"
