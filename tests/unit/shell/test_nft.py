"""`nft` at the modelled terminal: what nft 1.0.6 said on Linux 6.18 to the same commands."""

import pytest

from app.core.clock import Clock
from app.core.rng import Rng
from app.dataplane.netns import NetNs
from app.dataplane.network import Network
from app.dataplane.nft.parse import parse
from app.shell import execute

RULES = """\
table ip b {
    map m {
        type ipv4_addr . inet_proto . inet_service : verdict
        elements = { 1.2.3.4 . icmp . 0 : drop }
    }
    set s {
        type ipv4_addr
        elements = { 1.2.3.4, 1.2.3.5 }
    }
    chain pre {
        type filter hook prerouting priority -90
        ip daddr 127.0.0.9 reject
    }
    chain services {
        counter accept
    }
}
"""


def node() -> NetNs:
    netns = Network(Clock(), Rng(0)).add_namespace("node")
    netns.nft.apply(parse(RULES))
    return netns


#: Command: what came on stderr without its first line's `Error: `; exit code 1 in every case.
REFUSED = {
    "nft add rule ip b pre jump nosuch": ("Could not process rule: No such file or directory", "nosuch"),
    "nft add rule ip b nosuch drop": ("Could not process rule: No such file or directory", "nosuch"),
    "nft delete element ip b s { 1.2.3.9 }": ("Could not process rule: No such file or directory", ""),
    "nft add element ip b m { 1.2.3.4 . icmp . 0 : accept }": ("Could not process rule: File exists", ""),
    "nft delete rule ip b pre handle 99": ("Could not process rule: No such file or directory", "99"),
    "nft create table ip b": ("Could not process rule: File exists", "b"),
    "nft add rule ip b pre ip daddr @nosuch drop": ("No such file or directory", "@nosuch"),
    "nft add rule ip b pre meta l4proto . th dport @s drop": (
        "datatype mismatch, expected IPv4 address, expression has type "
        "concatenation of (Internet protocol, internet network service)",
        "@s",
    ),
    "nft add rule ip b pre ip daddr vmap @m": (
        "datatype mismatch, map expects concatenation of (IPv4 address, Internet protocol, internet network service), "
        "mapping expression has type IPv4 address",
        "@m",
    ),
    "nft flush chain ip b nosuch": ("Could not process rule: No such file or directory", "nosuch"),
    "nft list map ip b pre": ("No such file or directory", "pre"),
    "nft list map ip b s": ("No such file or directory", "s"),
    "nft list set ip b m": ("No such file or directory", "m"),
    "nft list table ip nosuch": ("No such file or directory", "nosuch"),
    "nft list chain ip b servicess": (
        "No such file or directory; did you mean chain ‘services’ in table ip ‘b’?",
        "servicess",
    ),
    "nft delete table ip nosuch": ("Could not process rule: No such file or directory", "nosuch"),
    "nft add rule ip b pre tcp dport 99999 drop": ("Service out of range", "99999"),
    "nft add rule ip b pre tcp dport 98 masquerade": ("Could not process rule: Operation not supported", ""),
    "nft list chain ip b": ("syntax error, unexpected newline, expecting string", ""),
    "nft frobnicate": ("syntax error, unexpected string", "frobnicate"),
}


@pytest.mark.parametrize("command", REFUSED)
def test_a_wrong_command_is_refused_as_nft_refuses_it(command: str) -> None:
    netns = node()
    before = execute(netns, "nft list ruleset").stdout
    result = execute(netns, command)
    message, word = REFUSED[command]
    lines = result.stderr.splitlines()
    assert (result.exit_code, lines[0], lines[1]) == (1, f"Error: {message}", command.removeprefix("nft "))
    if word:
        assert lines[1][lines[2].index("^") : lines[2].rindex("^") + 1] == word
    assert execute(netns, "nft list ruleset").stdout == before


@pytest.mark.parametrize(
    ("command", "listing", "want"),
    [
        ("nft flush ruleset", "nft list ruleset", ""),
        ("nft flush chain ip b services", "nft list chain ip b services", "table ip b {\n\tchain services {\n\t}\n}\n"),
        ("nft flush set ip b s", "nft list set ip b s", "table ip b {\n\tset s {\n\t\ttype ipv4_addr\n\t}\n}\n"),
        ("nft delete element ip b s { 1.2.3.4 }", "nft list sets", "table ip b {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 1.2.3.5 }\n\t}\n}\n"),
        ("nft add table ip q", "nft list tables", "table ip b\ntable ip q\n"),
        ("nft delete table b", "nft list tables", ""),
        ("nft insert rule ip b services tcp dport 5 drop", "nft list chain ip b services", "table ip b {\n\tchain services {\n\t\ttcp dport 5 drop\n\t\tcounter packets 0 bytes 0 accept\n\t}\n}\n"),
        ("nft add rule b services drop", "nft -a list chain ip b services", "table ip b {\n\tchain services { # handle 2\n\t\tcounter packets 0 bytes 0 accept # handle 6\n\t\tdrop # handle 7\n\t}\n}\n"),
        ("nft replace rule ip b services handle 6 drop", "nft -a list chain ip b services", "table ip b {\n\tchain services { # handle 2\n\t\tdrop # handle 7\n\t}\n}\n"),
        ("nft delete rule ip b services handle 6", "nft list chain ip b services", "table ip b {\n\tchain services {\n\t}\n}\n"),
        ("nft delete chain ip b pre", "nft list chains", "table ip b {\n\tchain services {\n\t}\n}\n"),
        ("nft delete map ip b m", "nft list maps", "table ip b {\n}\n"),
        ("nft add chain ip b late '{ type filter hook input priority 5; policy drop; }'", "nft list chain ip b late", "table ip b {\n\tchain late {\n\t\ttype filter hook input priority filter + 5; policy drop;\n\t}\n}\n"),
    ],
)  # fmt: skip
def test_a_change_is_seen_in_the_next_listing(command: str, listing: str, want: str) -> None:
    netns = node()
    done = execute(netns, command)
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")
    assert execute(netns, listing).stdout == want.expandtabs()


@pytest.mark.parametrize(
    "command",
    [
        "nft -j list ruleset",
        "nft monitor",
        "nft list table ip6 b",
        "nft add rule ip b pre log prefix x drop",
        "nft -f x",
    ],
)
def test_what_is_real_but_not_modelled_is_said(command: str) -> None:
    result = execute(node(), command)
    assert result.exit_code == 2
    assert "not modelled" in result.stderr


def test_help_and_version() -> None:
    assert "nftables v1.0.6" in execute(node(), "nft -v").stdout
    assert "Usage: nft" in execute(node(), "nft --help").stdout
    assert execute(node(), "nft").stderr == "nft: no command specified\n"
