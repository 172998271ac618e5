"""`nft`: show and change the tables of nftables. Source: nft(8), nftables 1.0.6 src/main.c, src/erec.c."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from app.core.errors import did_you_mean
from app.dataplane.netns import NetNs
from app.dataplane.nft.errors import NO_SUCH, NftError, missing
from app.dataplane.nft.listing import list_heads, list_part, list_ruleset, list_table
from app.dataplane.nft.parse import parse
from app.dataplane.nft.ruleset import Ruleset
from app.dataplane.nft.table import Table
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["nft"]

VERSION = "nftables v1.0.6 (podwalk's model)"
HANDLES = ("-a", "--handle", "-an", "-na")
PLAIN = ("-n", "--numeric", "-nn", "-y", "-p", "-S", "-s", "--stateless")
NOT_MODELLED = (
    "-j", "--json", "-f", "--file", "-i", "--interactive", "-c", "--check", "-o", "--optimize", "-e", "--echo", "-t",
    "--terse", "-I", "--includepath", "-D", "--define", "-d", "--debug", "-N", "--reversedns",
)  # fmt: skip
VERBS = ("list", "add", "create", "insert", "replace", "delete", "flush", "help")
OTHER_VERBS = ("rename", "get", "reset", "describe", "import", "export", "monitor", "destroy")
USAGE = f"""\
{VERSION}

Usage: nft [-a] list ruleset | tables | chains | sets | maps
       nft [-a] list table [ip] TABLE
       nft [-a] list chain|set|map [ip] TABLE NAME
       nft add|create table|chain|set|map|element|rule ...   nft insert|replace rule ...
       nft delete table|chain|set|map|element|rule ...       nft flush ruleset|table|chain|set|map ...
-a, --handle: show the handles by which rules are deleted
"""


@COMMANDS.register("nft")
def nft(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Show and change the nftables rules of this network namespace."""
    netns = at.netns
    words, handles = _options(list(args))
    text = " ".join(words)
    if not text.strip():
        raise CommandError("nft: no command specified\n", 1)
    verb, _, rest = text.strip().partition(" ")
    if verb in OTHER_VERBS:
        raise not_modelled(f"nft {verb}", f"modelled: {', '.join(VERBS[:-1])}")
    try:
        if verb == "list":
            return CommandResult(0, _list(netns, rest.split(), handles=handles), "")
        netns.nft.apply(parse(text), netns.clock.now_us)
    except NftError as error:
        raise _refused(error, text) from None
    return CommandResult(0, "", "")


def _options(words: list[str]) -> tuple[list[str], bool]:
    """Return the words of the command, and whether -a stands before them."""
    handles = False
    while words and words[0].startswith("-"):
        option = words.pop(0)
        if option in HANDLES:
            handles = True
        elif option in ("-h", "--help"):
            raise CommandError("", 0, USAGE)
        elif option in ("-v", "-V", "--version"):
            raise CommandError("", 0, f"{VERSION}\n")
        elif option in NOT_MODELLED:
            raise not_modelled(f"nft {option}", "give each command as a line of its own" if option == "-f" else "")
        elif option not in PLAIN:
            near = did_you_mean(option, (*HANDLES[:2], *PLAIN))
            raise CommandError(f"nft: unrecognized option '{option}'{near}\n", 1)
    return words, handles


def _refused(error: NftError, text: str) -> CommandError:
    """Return an error with the command and a line of carets under the word that is meant."""
    if error.message.startswith("podwalk:"):
        return CommandError(f"{error.message}\n", 2)
    at = text.find(error.word) if error.word else 0
    length = len(error.word) if error.word and at >= 0 else len(text)
    return CommandError(f"Error: {error.message}\n{text}\n{' ' * max(at, 0)}{'^' * length}\n", 1)


# --- list -------------------------------------------------------------------------------------------------------------


def _list(netns: NetNs, words: list[str], *, handles: bool) -> str:
    if not words:
        raise NftError("syntax error, unexpected end of file")
    noun, rest = words[0], words[1:]
    if noun in ("chains", "sets", "maps", "tables", "ruleset"):
        return _list_all(netns, noun, rest, handles=handles)
    if noun not in PARTS and noun != "table":
        legal = ("ruleset", "tables", "chains", "sets", "maps", "table", *PARTS)
        raise NftError(f"syntax error, unexpected string{did_you_mean(noun, legal)}", noun)
    names = _without_family(rest)
    if len(names) != (1 if noun == "table" else 2):
        raise NftError("syntax error, unexpected newline, expecting string", "")
    table = netns.nft.table(names[0])
    now_us = netns.clock.now_us
    if noun == "table":
        return list_table(table, now_us, handles=handles)
    return PARTS[noun](table, names[1], now_us, handles)


def _list_all(netns: NetNs, noun: str, rest: list[str], *, handles: bool) -> str:
    if _without_family(rest):
        raise NftError("syntax error, unexpected string, expecting newline", rest[-1])
    tables, now_us = _tables(netns.nft), netns.clock.now_us
    if noun == "tables":
        return "".join(f"table ip {table.name}{f' # handle {table.handle}' if handles else ''}\n" for table in tables)
    if noun == "ruleset":
        return list_ruleset(tables, now_us, handles=handles)
    return "".join(list_heads(table, now_us, noun) for table in tables)


def _tables(ruleset: Ruleset) -> list[Table]:
    return list(ruleset.tables.values())


def _without_family(words: list[str]) -> list[str]:
    if words and words[0] in ("ip6", "inet", "arp", "bridge", "netdev"):
        raise not_modelled(f"a table of family {words[0]}", "only ip is")
    return words[1:] if words and words[0] == "ip" else words


def _list_chain(table: Table, name: str, now_us: int, handles: bool) -> str:
    if name not in table.chains:
        raise missing(name, table.chains, f"chain ‘{{}}’ in table ip ‘{table.name}’", is_listed=True)
    return list_part(table, table.chains[name], now_us, handles=handles)


def _list_set(table: Table, name: str, now_us: int, handles: bool, *, is_map: bool = False) -> str:
    found = table.set(name)
    if found.is_map != is_map:
        raise NftError(NO_SUCH, name)
    return list_part(table, found, now_us, handles=handles)


def _list_map(table: Table, name: str, now_us: int, handles: bool) -> str:
    return _list_set(table, name, now_us, handles, is_map=True)


PARTS: dict[str, Callable[[Table, str, int, bool], str]] = {"chain": _list_chain, "set": _list_set, "map": _list_map}
