"""`podwalk trace`: what it prints, where its errors point, and its exit codes."""

import json
from pathlib import Path

import pytest

from app.cli import main
from app.core import assets

CLUSTER = str(Path(__file__).parents[2] / "oracle" / "cluster-vxlan.yaml")
PING = ["trace", "-f", CLUSTER, "--from", "pod/default/client-a", "--to", "icmp://10.2.2.50"]


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = main(list(words))
    except SystemExit as stop:
        code = int(stop.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


def test_text_gives_every_hop_its_reason_and_ends_with_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = ask(capsys, *PING)
    assert code == 0
    assert "10.2.1.20 > 10.2.2.50 ttl 64 len 84 icmp echo-request" in out
    assert "bridge fdb: 0e:f1:0a:02:02:00 dev flannel.1 dst 10.0.0.12 self permanent" in out
    assert "ip route get fibmatch 10.2.2.50: 10.2.2.0/24 via 10.2.2.0 dev flannel.1 onlink" in out
    assert out.rstrip().endswith("sender: echo-reply (echo reply)")
    assert err == ""
    assert "\x1b" not in out


def test_text_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, *PING, "--lang", "zh-CN")
    assert code == 0
    assert "flannel.1 把发往 0e:f1:0a:02:02:00 的帧装进一个 UDP 报文" in out
    assert "sender: echo-reply (收到回显应答)" in out


def test_json_is_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, *PING, "--format", "json")
    trace = json.loads(out)
    assert code == 0
    assert trace["schema"] == "podwalk-trace/v1"
    assert (trace["from"], trace["to"], trace["seed"]) == ("pod/default/client-a", "icmp://10.2.2.50", 0)
    assert list(trace) == [
        "schema", "seed", "from", "to", "verdict", "interfaces", "hops", "sightings", "conntrack",
    ]  # fmt: skip
    assert trace["verdict"]["outcome"] == "delivered"
    assert [h["n"] for h in trace["hops"]] == list(range(1, len(trace["hops"]) + 1))


def test_same_question_same_bytes_and_another_seed_other_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    first = ask(capsys, *PING, "--format", "json")[1]
    assert ask(capsys, *PING, "--format", "json")[1] == first
    assert ask(capsys, *PING, "--format", "json", "--seed", "7")[1] != first


def test_output_goes_to_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "trace.json"
    code, out, _ = ask(capsys, *PING, "--format", "json", "-o", str(target))
    assert (code, out) == (0, "")
    assert json.loads(target.read_text())["schema"] == "podwalk-trace/v1"


def test_pick_leads_the_random_choice(capsys: pytest.CaptureFixture[str]) -> None:
    for pod, address in (("nginx-a", "10.2.1.37"), ("nginx-b", "10.2.1.36"), ("nginx-c", "10.2.2.50")):
        words = [*PING[:-1], "tcp://10.1.15.2:80", "--pick", f"default/{pod}"]
        code, out, _ = ask(capsys, *words)
        assert code == 0
        assert f"The destination 10.1.15.2:80 becomes {address}:80" in out or f"becomes {address}" in out
    assert ask(capsys, *PING, "--pick", "default/nginx-a")[0] == 0, "a pick that is never consulted is no error"
    code, _, err = ask(capsys, *PING, "--pick", "default/nginx-d")
    assert code == 2
    assert "did you mean 'pod/default/nginx-" in err


def test_a_rewritten_address_is_told_with_every_rule_on_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    lines = ask(capsys, *PING[:-1], "tcp://10.1.15.2:80", "--pick", "default/nginx-c")[1].splitlines()
    entry = next(n for n, line in enumerate(lines) if "--to-destination 10.2.2.50:80" in line)
    way = [line.split("matched: ")[1] for line in lines[entry + 1 : entry + 4]]
    assert [rule.split()[1] for rule in way] == ["PREROUTING", "KUBE-SERVICES", way[1].split()[-1]]
    assert way[2].split()[-1] == lines[entry].split("-A ")[1].split()[0], "each rule jumps to the chain of the next"


def test_what_is_not_delivered_exits_with_1_and_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, *PING[:-1], "icmp://10.2.1.99")
    assert code == 1
    assert "verdict: unreachable at pod/default/client-a:eth0 (request)" in out
    assert "Nobody answered for 10.2.1.99 on eth0 in 3 tries" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "imcp://10.2.2.50"], "unknown scheme 'imcp' in 'imcp://10.2.2.50'; did you mean 'icmp'?"),
        (["--to", "10.2.2.50"], "'10.2.2.50' is not a URL"),
        (["--to", "tcp://10.2.2.50"], "the port is missing in 'tcp://10.2.2.50'"),
        (["--to", "tcp://10.2.2.50:http"], "'http' is not a port"),
        (["--to", "udp://10.2.2.50:70000"], "'70000' is not a port"),
        (["--to", "icmp://10.2.2.50:80"], "names a port, and ICMP has none"),
        (["--to", "icmp://ngi nx"], "'ngi nx' in 'icmp://ngi nx' is neither an IPv4 address nor a name"),
        (["--to", "dns://nginx:53"], "names a port, and a question has none"),
        (["--to", "icmp://10.2.2.500"], "is not an IPv4 address"),
        (["--from", "pod/default/client-b"], "there is no 'pod/default/client-b' in this cluster; did you mean"),
        (["--from", "k8s-node-11"], "there is no 'k8s-node-11' in this cluster; did you mean 'node/k8s-node-11'?"),
        (["--ttl", "0"], "'0' is not a whole number from 1 to 255"),
        (["--ttl", "many"], "'many' is not a whole number from 1 to 255"),
        (["--size", "-1"], "'-1' is not a whole number from 0 to 65507"),
        (["-f", ""], "no cluster file is given"),
        (["--sport", "65536"], "'65536' is not a whole number from 1 to 65535"),
        (["--format", "jsno"], "did you mean 'json'?"),
        (["--before", "ip route"], "is not 'WHO: COMMAND'"),
        (["--before", "node/k8s-node-99: ip route"], "there is no 'node/k8s-node-99' in this cluster"),
        (["--before", "node/k8s-node-11: ipp route"], "did you mean"),
        (["--before", "node/k8s-node-11: ip route del 10.99.0.0/24"], "RTNETLINK answers: No such process"),
        (["-f", "/nowhere/cluster.yaml"], "/nowhere/cluster.yaml: no such file"),
        (["-o", "/nowhere/trace.txt"], "cannot write '/nowhere/trace.txt'"),
    ],
)
def test_wrong_question_exits_with_2_and_says_how_to_mend_it(
    capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    code, out, err = ask(capsys, *PING, *words)
    assert code == 2
    assert out == ""
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[" * 200_000, ":1:65:"),
        (
            "apiVersion: podwalk.dev/v1\nkind: Cluster\nmetadata: {nmae: x}\n",
            ":3:12: unknown key 'nmae' in metadata; did you mean 'name'?",
        ),
        ("apiVersion: podwalk.dev/v1\nkind: Cluster\nkind: Pod\n", ":3:1:"),
        (
            "{apiVersion: podwalk.dev/v1, kind: Cluster}\n---\napiVersion: v1\nkind: Pod\n"
            "metadata: {name: a}\nspec: {nodeName: k8s-node-21, containers: [{name: c, image: nginx}]}\n",
            ":6:18: Pod default/a: spec.nodeName",
        ),
        (
            "{apiVersion: podwalk.dev/v1, kind: Cluster}\n---\napiVersion: v1\nkind: Pod\n"
            "metadata: {name: a, annotations: {podwalk.dev/ip: 10.9.9.9}}\n"
            "spec: {nodeName: k8s-node-11, containers: [{name: c, image: nginx}]}\n",
            ":5:",
        ),
        ("", ":1:1:"),
        ("kind: Cluster\n\tx: 1\n", ":2:"),
    ],
    ids=["brackets", "typo", "duplicate", "unknown-node", "outside-range", "empty", "tab"],
)
def test_bad_cluster_file_names_the_place(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str, place: str
) -> None:
    path = tmp_path / "cluster.yaml"
    path.write_text(text)
    code, out, err = ask(capsys, "trace", "-f", str(path), "--from", "node/a", "--to", "icmp://10.0.0.1")
    assert (code, out) == (2, "")
    assert f"{path}{place}" in err
    assert "Traceback" not in err


def test_pod_cidr_outside_the_range_names_both_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = Path(CLUSTER).read_text().replace("podCIDR: 10.2.0.0/16", "podCIDR: 10.77.0.0/16")
    path = tmp_path / "cluster.yaml"
    path.write_text(text)
    code, _, err = ask(capsys, "trace", "-f", str(path), *PING[3:])
    assert code == 2
    assert f"{path}:7:" in err, "spec.podCIDR"
    assert f"{path}:15:" in err, "the first node's podCIDR"


def test_changing_the_range_changes_every_address_and_no_hop_kind(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """With no node podCIDRs and no pins, the whole walk follows spec.podCIDR."""
    text = (assets.lessons_dir() / "clusters" / "tutorial-flannel.yaml").read_text()
    lines = [line for line in text.splitlines() if "podwalk.dev/ip" not in line]
    traces = []
    for cidr in ("10.2.0.0/16", "10.77.0.0/16"):
        plain = "\n".join(lines).replace("podCIDR: 10.2.0.0/16", f"podCIDR: {cidr}")
        for n in range(3):
            plain = plain.replace(f", podCIDR: 10.2.{n}.0/24", "")
        pods = "".join(
            f"\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n"
            f"spec: {{nodeName: {node}, containers: [{{name: c, image: nginx}}]}}\n"
            for name, node in (("a", "k8s-node-11"), ("b", "k8s-node-12"))
        )
        path = tmp_path / "cluster.yaml"
        path.write_text(plain + pods)
        prefix = cidr.removesuffix("0.0/16")
        words = ["trace", "-f", str(path), "--from", "pod/default/a", "--to", f"icmp://{prefix}2.2", "--format", "json"]
        code, out, err = ask(capsys, *words)
        assert code == 0, err
        traces.append(out)
    assert "10.2." not in traces[1]
    kinds = [[h["kind"] for h in json.loads(t)["hops"]] for t in traces]
    assert kinds[0] == kinds[1]


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, "--version")
    assert code == 0
    assert out.startswith("podwalk ")


def test_unknown_command_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = ask(capsys, "trase")
    assert code == 2
    assert "did you mean 'trace'?" in err


def test_capture_is_written_to_a_file_or_a_pipe(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    target = tmp_path / "trace.pcapng"
    assert main([*PING, "--format", "pcapng", "-o", str(target)]) == 0
    assert capsysbinary.readouterr().out == b""
    assert main([*PING, "--format", "pcapng"]) == 0
    out = capsysbinary.readouterr().out
    assert out == target.read_bytes()
    assert out.startswith(b"\x0a\x0d\x0d\x0a")
    assert out.count(b"eth0 takes the frame off the wire.") > 0
    assert main([*PING, "--format", "pcapng", "--lang", "zh-CN"]) == 0
    assert "eth0 从线路上收到帧。".encode() in capsysbinary.readouterr().out


def test_capture_is_refused_by_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    code, out, err = ask(capsys, *PING, "--format", "pcapng")
    assert (code, out) == (2, "")
    assert "pcapng is binary and is not written to a terminal" in err
    assert "-o FILE" in err


def test_picture_is_svg_in_the_language_asked_for(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    target = tmp_path / "trace.svg"
    assert main([*PING, "--format", "svg", "--lang", "zh-CN", "-o", str(target)]) == 0
    text = target.read_text(encoding="utf-8")
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg"')
    assert ">请求</text>" in text
    assert main([*PING[:-1], "icmp://10.2.1.99", "--format", "svg"]) == 1
    assert "✕ unreachable".encode() in capsysbinary.readouterr().out


def test_help_and_errors_name_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = ask(capsys, "trace", "--help")
    assert code == 0
    assert "--format {text,json,pcapng,svg}" in out
    code, _, err = ask(capsys, *PING, "--format", "pcap")
    assert code == 2
    assert "did you mean 'pcapng'?" in err
    assert all(name in err for name in ("text", "json", "pcapng", "svg"))
