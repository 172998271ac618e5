"""The terminal itself: words, unknown commands, output that is only text; and that nothing typed ever runs on the host."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest

import app
from app.core.errors import UsageError
from app.kube.clusterfile import load_cluster
from app.shell import CommandResult, execute, run
from app.shell.lines import UNSAFE
from app.shell.terminal import COMMANDS
from app.sim.simulator import Simulator
from tests.unit.shell.lab import lab
from tests.unit.shell.lines import random_line

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
metadata: {name: shell}
spec:
  podCIDR: 10.2.0.0/16
  underlay: {subnet: 10.0.0.0/24, gateway: 10.0.0.1, mtu: 1500, interface: ens33}
  cni: {plugin: flannel, backend: vxlan}
  nodes:
    - {name: node-1, ip: 10.0.0.11}
    - {name: node-2, ip: 10.0.0.12}
  external:
    - {name: client, ip: 10.0.0.200}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {nodeName: node-1, containers: [{name: main, image: nginx}]}
"""


def typed(line: str) -> CommandResult:
    return execute(lab().namespaces["lab-a"], line)


@pytest.fixture
def sim(tmp_path: Path) -> Simulator:
    path = tmp_path / "cluster.yaml"
    path.write_text(CLUSTER, encoding="utf-8")
    return Simulator(load_cluster([str(path)]))


def test_run_reaches_nodes_pods_and_hosts_outside(sim: Simulator) -> None:
    assert run(sim, "node/node-1", "hostname") == CommandResult(0, "node-1\n", "")
    assert run(sim, "pod/default/web", "hostname").stdout == "web\n"
    assert (
        run(sim, "ext/client", "ip -br -4 addr show eth0").stdout == "eth0             UP             10.0.0.200/24 \n"
    )
    assert run(sim, "ext/client", "ip route add 10.2.0.0/24 via 10.0.0.11").exit_code == 0


def test_an_unknown_place_is_an_error_that_names_the_nearest(sim: Simulator) -> None:
    with pytest.raises(UsageError, match="node/node-1"):
        run(sim, "node/node-11", "hostname")


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("", CommandResult(0, "", "")),
        ("# ip link set eth0 down", CommandResult(0, "", "")),
        ("hostname # who", CommandResult(0, "lab-a\n", "")),
        ("'hostname'", CommandResult(0, "lab-a\n", "")),
        ("/sbin/hostname", CommandResult(0, "lab-a\n", "")),
        ("ip 'route", CommandResult(2, "", "bash: unexpected EOF while looking for matching `''\n")),
        ("ip route |", CommandResult(2, "", "bash: syntax error: unexpected end of file\n")),
        ("ip route | | cat", CommandResult(2, "", "bash: syntax error near unexpected token `|'\n")),
        ("hostname &", CommandResult(2, "", "podwalk: jobs in the background (&) are not modelled; virtual time waits for nobody\n")),
        ("hostname; hostname", CommandResult(0, "lab-a\nlab-a\n", "")),
        ("false && hostname", CommandResult(1, "", "")),
        ("false || hostname | cat", CommandResult(0, "lab-a\n", "")),
        ("echo $(hostname) x", CommandResult(0, "lab-a x\n", "")),
        ("x" * 5000, CommandResult(2, "", "podwalk: the line has 5000 characters; at most 4096 are read\n")),
        ("hostname evil", CommandResult(1, "", "hostname: you must be root to change the host name\n")),
        ("hostname -I", CommandResult(0, "10.0.0.11 10.2.1.1 10.2.1.0 \n", "")),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_one_line_is_one_command(line: str, result: CommandResult) -> None:
    assert typed(line) == result


def test_an_unknown_command_says_what_there_is_and_what_is_near() -> None:
    result = typed("ipp route")
    assert result.exit_code == 127
    names = ", ".join(COMMANDS.names())
    assert result.stderr == f"ipp: command not found; did you mean 'ip'?\ncommands here: {names}\n"


def test_help_has_a_line_for_every_command() -> None:
    lines = typed("help").stdout.splitlines()
    assert [line.split()[0] for line in lines[:-1]] == list(COMMANDS.names())
    assert all(line.split(maxsplit=1)[1].endswith(".") for line in lines[:-1])


def test_help_is_a_table_and_names_only_commands_whose_help_tells_more() -> None:
    *lines, last = typed("help").stdout.splitlines()
    column = max(len(name) for name in COMMANDS.names()) + 1
    assert all(line[column - 1] == " " and line[column] != " " for line in lines)
    assert typed("help ip").stdout.splitlines() == [line for line in lines if line.split()[0] == "ip"]
    told = last.split("`")[1::2]
    assert told == ["ip help", "bridge help", "ipset help"]
    assert all("Usage: " in typed(line).stdout + typed(line).stderr for line in told)


def test_help_for_what_is_no_command_names_the_nearest() -> None:
    assert typed("help nope") == CommandResult(1, "", "help: no command 'nope'\n")
    assert typed("help ip bridg") == CommandResult(1, "", "help: no command 'bridg'; did you mean 'bridge'?\n")


@pytest.mark.parametrize("name", COMMANDS.names())
def test_every_command_explains_itself(name: str) -> None:
    assert (COMMANDS.get(name).__doc__ or "").strip()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("ip -6 addr", "podwalk: ip -6 is not modelled; modelled: -4, -d, -br, -o, -s\n"),
        ("ip rule", "podwalk: ip rule is not modelled; modelled: address, link, neighbour, route\n"),
        ("ip link add foo type dummy", "podwalk: ip link add is not modelled; the cluster file decides which interfaces there are\n"),
        ("ip link set eth0 name foo", "podwalk: ip link set name is not modelled\n"),
        ("ip route add 10.5.0.0/16 via 10.0.0.1 mtu 1400", "podwalk: ip route ... mtu is not modelled\n"),
        ("ip route add throw 10.5.0.0/16", "podwalk: a route of type throw is not modelled; modelled: blackhole, broadcast, local, prohibit, unicast, unreachable\n"),
        ("ip route add 2001:db8::/32 via fe80::1", "podwalk: IPv6 ('2001:db8::') is not modelled\n"),
        ("bridge vlan", "podwalk: bridge vlan is not modelled; modelled: link, fdb\n"),
        ("bridge link set dev veth1 state 0", "podwalk: bridge link set ... state is not modelled; modelled: hairpin, learning, flood\n"),
        ("bridge fdb append 00:00:00:00:00:00 dev flannel.1 dst 10.0.0.9", "podwalk: the default destination 00:00:00:00:00:00 is not modelled; flannel writes an entry for each VTEP\n"),
        ("ip -j link", "podwalk: ip -j is not modelled; modelled: -4, -d, -br, -o, -s\n"),
        ("ip addr add 10.5.0.1/24 dev eth0 label eth0:1", "podwalk: ip address ... label is not modelled\n"),
        ("ip addr add 10.5.0.1/24 brd + dev eth0", "podwalk: ip address ... brd is not modelled; the broadcast route is there without it\n"),
        ("ip addr show label eth0", "podwalk: ip address show label is not modelled\n"),
        ("ip neigh show proxy", "podwalk: ip neigh show proxy is not modelled\n"),
        ("ip neigh add proxy 10.0.0.9 dev eth0", "podwalk: ip neigh ... proxy is not modelled\n"),
        ("ip neigh add 10.0.0.9 dev eth0 nud probe lladdr 02:00:00:00:00:01", "podwalk: nud probe is not modelled\n"),
        ("ip route save", "podwalk: ip route save is not modelled\n"),
        ("ip route show realms 1", "podwalk: ip route show realms is not modelled\n"),
        ("ip route get 10.0.0.1 mark 1", "podwalk: ip route get ... mark is not modelled\n"),
        ("bridge -j link", "podwalk: bridge -j is not modelled; modelled: -d, -o\n"),
        ("bridge fdb flush dev eth0", "podwalk: bridge fdb flush is not modelled\n"),
        ("bridge fdb show vlan 1", "podwalk: bridge fdb show vlan is not modelled\n"),
        ("bridge fdb add 02:00:00:00:00:01 dev veth1 master vlan 1", "podwalk: bridge fdb ... vlan is not modelled\n"),
        ("bridge fdb add 02:00:00:00:00:01 dev veth1", "podwalk: an address list of veth1 itself is not modelled; write `master` for the bridge's FDB\n"),
        ("bridge fdb add 02:00:00:00:00:01 dev flannel.1 dst 10.0.0.9 static", "podwalk: a static entry of a VXLAN device is not modelled; permanent ones are, and nothing is learned\n"),
        ("sysctl -p", "podwalk: sysctl -p is not modelled; modelled: -a -n -N -q -e -b -w\n"),
        ("ss -x", "podwalk: ss -x is not modelled; modelled: -l -a -t -u -w -0 -n -p -H -K\n"),
        ("ss sport != :80", "podwalk: `!=` in a filter of ss is not modelled; modelled: =\n"),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_is_real_but_not_modelled_says_so(line: str, said: str) -> None:
    assert typed(line) == CommandResult(2, "", said)


@pytest.mark.parametrize(
    "line",
    ["ip", "ip help", "ip -h", "ip link help", "ip addr help", "ip route help", "ip route add", "ip neigh help", "bridge",
     "bridge help", "bridge -h", "bridge link help", "bridge link set dev veth1 zzz on", "bridge fdb help", "sysctl"],
)  # fmt: skip
def test_usage_goes_to_stderr_as_with_the_real_tools(line: str) -> None:
    result = typed(line)
    assert result.exit_code == (1 if line == "sysctl" else 255)
    assert result.stderr.lower().lstrip().startswith("usage:")
    assert result.stdout == ""


# --- sysctl's own notes -----------------------------------------------------------------------------------------------


def test_a_key_that_the_model_does_not_act_on_is_kept_with_a_note(sim: Simulator) -> None:
    result = run(sim, "node/node-1", "sysctl -w net.ipv4.conf.all.send_redirects=0")
    assert result.exit_code == 0
    assert result.stdout == "net.ipv4.conf.all.send_redirects = 0\n"
    assert result.stderr == "note: the model does not act on net.ipv4.conf.all.send_redirects yet\n"
    assert run(sim, "node/node-1", "sysctl -n net.ipv4.conf.all.send_redirects").stdout == "0\n"


def test_all_keys_are_listed_in_order_and_an_unknown_one_names_the_nearest() -> None:
    keys = [line.split(" = ")[0] for line in typed("sysctl -a").stdout.splitlines()]
    assert keys == sorted(keys)
    assert "net.ipv4.ip_forward" in keys
    missing = typed("sysctl net.ipv4.ip_foward")
    assert missing.exit_code == 1
    assert missing.stderr == (
        "sysctl: cannot stat /proc/sys/net/ipv4/ip_foward: No such file or directory\n"
        "note: did you mean 'net.ipv4.ip_forward'?\n"
    )
    assert typed("sysctl net.ipv4").stdout == typed("sysctl -a").stdout


# --- ss ---------------------------------------------------------------------------------------------------------------


def test_ss_lists_listeners_and_the_kernels_own_socket(sim: Simulator) -> None:
    assert run(sim, "pod/default/web", "ss -Hltn").stdout.split() == ["LISTEN", "0", "511", "0.0.0.0:80", "0.0.0.0:*"]
    assert "nginx" in run(sim, "pod/default/web", "ss -ltnp").stdout
    assert "0.0.0.0:8472" in run(sim, "node/node-1", "ss -lun").stdout
    assert run(sim, "node/node-1", "ss -ltn").stdout.splitlines()[1:] == []
    assert run(sim, "pod/default/web", "ss -tn").stdout.splitlines()[1:] == []


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("sport = :80", 1), ("sport :80", 1), ("sport = :http", 1), ("sport eq 80", 1), ("sport = :81", 0),
        ("src 0.0.0.0", 1), ("dst 10.0.0.0/8", 0), ("state listening", 1), ("state established", 0),
        ("state all sport = :80", 1), (r"\( sport = :80 and src 0.0.0.0/0 \)", 1),
    ],
)  # fmt: skip
def test_ss_filters(sim: Simulator, expression: str, shown: int) -> None:
    assert len(run(sim, "pod/default/web", f"ss -Haltn {expression}").stdout.splitlines()) == shown


@pytest.mark.parametrize(
    ("expression", "code", "said"),
    [
        ("state zzz", 255, "ss: wrong state name: zzz\n"),
        ("zzz", 1, 'Error: an inet prefix is expected rather than "zzz".\nCannot parse dst/src address.\n'),
        ("sport = :99999", 1, 'Error: "99999" is not a port: write a number or http, https or domain\n'),
        ("sport", 255, 'Command line is not complete. Try option "help"\n'),
    ],
)
def test_ss_refuses_a_wrong_filter(expression: str, code: int, said: str) -> None:
    assert typed(f"ss -ltn {expression}") == CommandResult(code, "", said)


def test_ss_closes_what_it_names_but_not_the_kernels_socket(sim: Simulator) -> None:
    closed = run(sim, "pod/default/web", "ss -K sport = :80").stdout
    assert "0.0.0.0:80" in closed
    assert run(sim, "pod/default/web", "ss -Hltn").stdout == ""
    run(sim, "node/node-1", "ss -K sport = :8472")
    assert "0.0.0.0:8472" in run(sim, "node/node-1", "ss -Hlun").stdout


# --- nothing escapes --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["\x1b[31m", "\x07", "\x9b31m", "\u202e", "\x00", "\r", "\u2028", "\ud800", "\ufeff", "\x7f"], ids=ascii
)
def test_control_characters_come_back_as_escapes(text: str) -> None:
    for line in (f"ip link show 'a{text}b'", f"a{text}b", f"sysctl 'a{text}b'", f"ip route add '{text}'"):
        result = typed(line)
        assert not UNSAFE.search(result.stdout + result.stderr)
    assert f"\\x{ord(text[0]):02x}" in typed(f"ip link show 'a{text}b'").stderr


#: What an interpreter would tell an audit hook if anything reached for the machine.
FORBIDDEN = ("subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.", "ctypes.", "exec", "pty.")
_watching: list[str] | None = None


def _audit(event: str, args: tuple[object, ...]) -> None:
    if _watching is None:
        return
    is_write = event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+")
    if is_write or event.startswith(FORBIDDEN):
        _watching.append(f"{event} {args!r}"[:200])


sys.addaudithook(_audit)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Collect what the audit hook sees; it can never be taken away again, so it looks only in here."""
    global _watching  # noqa: PLW0603
    seen: list[str] = []
    _watching = seen
    try:
        yield seen
    finally:
        _watching = None


def test_the_audit_hook_sees_a_program_started(tmp_path: Path) -> None:
    with watched() as seen:
        (tmp_path / "x").write_text("x", encoding="utf-8")
    assert seen


def is_silent(line: str, result: CommandResult) -> bool:
    """Whether the real tool fails without a word, too: ping without an answer, sysctl with a setting of one character."""
    words = line.split()
    if set("|;&") & set(line) or "curl" in words or "wget" in words:  # a part of the line; -s, -q
        return True
    return " ping statistics ---" in result.stdout or (words[:1] == ["sysctl"] and any(len(w) == 1 for w in words))


def test_five_thousand_random_lines_end_in_a_result_and_touch_nothing() -> None:
    chance = random.Random(20260101)
    network = lab()
    namespaces = list(network.namespaces.values())
    for module in walk_packages(app.__path__, "app."):  # what is imported on demand is imported before anybody looks
        if not module.name.startswith(("app.cli", "app.web", "app.__main__")):
            import_module(module.name)
    codes = set()
    with watched() as seen:
        for n in range(5_000):
            if n % 250 == 0:  # a fresh network now and then: random deletions empty it
                network = lab()
                namespaces = list(network.namespaces.values())
            line = random_line(chance)
            result = execute(chance.choice(namespaces), line)
            assert not UNSAFE.search(result.stdout + result.stderr), line
            assert result.exit_code == 0 or result.stderr or is_silent(line, result), line
            codes.add(result.exit_code)
    assert seen == []
    assert {0, 1, 2, 127, 255} <= codes
