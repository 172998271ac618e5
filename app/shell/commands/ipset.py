"""`ipset`: the sets of addresses that iptables rules ask. Source: ipset(8), ipset 7.17 src/ipset.c, lib/errcode.c."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from msgspec import Struct

from app.core.errors import did_you_mean
from app.dataplane.ipset import MAX_MEMBERS, IpSet, IpSetError
from app.dataplane.netns import NetNs
from app.shell.result import CommandError, CommandResult, not_modelled
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["ipset"]

VERSION = "7.17"
FLAGS = {
    "-exist": "exist", "-!": "exist", "-name": "name", "-n": "name", "-terse": "terse", "-t": "terse",
    "-sorted": "sorted", "-s": "sorted", "-quiet": "quiet", "-q": "quiet",
}  # fmt: skip
#: Commands as ipset spells them, with what each may be written as besides, and how many words follow.
VERBS: dict[str, tuple[tuple[str, ...], tuple[int, ...]]] = {
    "create": (("n", "-N", "new"), (2,)),
    "add": (("a", "-A"), (2,)),
    "del": (("d", "-D"), (2,)),
    "test": (("t", "-T"), (2,)),
    "destroy": (("x", "-X"), (0, 1)),
    "list": (("l", "-L"), (0, 1)),
    "save": (("s", "-S"), (0, 1)),
    "flush": (("f", "-F"), (0, 1)),
    "rename": (("e", "-E"), (2,)),
    "swap": (("w", "-W"), (2,)),
}
#: Options of create with a number: the largest, and the one that every modelled set has (initval: any is as good).
NUMBERS: dict[str, tuple[int, int | None]] = {
    "hashsize": (0xFFFFFFFF, 1024), "maxelem": (0xFFFFFFFF, MAX_MEMBERS), "bucketsize": (255, 12),
    "initval": (0xFFFFFFFF, None),
}  # fmt: skip
#: Options of create that ipset(8) has and the model has not; the last two are not for hash:net.
UNMODELLED = ("timeout", "counters", "comment", "skbinfo", "forceadd", "netmask", "bitmask")
#: Options of add, and what the kernel says where the set was created without (as every modelled set is).
EXTENSIONS = {
    "timeout": "Timeout cannot be used: set was created without timeout support",
    "comment": "Comment cannot be used: set was created without comment support",
    "packets": "Packet/byte counters cannot be used: set was created without counter support",
    "bytes": "Packet/byte counters cannot be used: set was created without counter support",
}
NUMBER = re.compile(r"-?(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
USAGE = """\
ipset v7.17 (podwalk's model)

Usage: ipset [options] COMMAND
Commands: create SETNAME TYPENAME [OPTIONS] | add SETNAME ENTRY | del SETNAME ENTRY | test SETNAME ENTRY
          destroy [SETNAME] | list [SETNAME] | save [SETNAME] | flush [SETNAME] | rename FROM TO | swap FROM TO
Options:  -exist | -name | -terse | -sorted | -quiet
"""


class Call(Struct):
    """One call: the namespace, its words after the command, its flags."""

    netns: NetNs
    words: list[str]
    flags: set[str]

    def find(self, name: str) -> IpSet:
        """Return the set of that name."""
        found = self.netns.ipsets.get(name)
        if found is None:
            raise IpSetError(f"The set with the given name does not exist{did_you_mean(name, self.netns.ipsets)}")
        return found

    def chosen(self) -> list[IpSet]:
        """Return the set that is named, or all."""
        return [self.find(self.words[0])] if self.words else list(self.netns.ipsets.values())


@COMMANDS.register("ipset")
def ipset(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Show and change the IP sets that iptables rules refer to."""
    flags = {FLAGS[arg] for arg in args if arg in FLAGS and arg != args[0]}
    words = [arg for arg in args if arg not in FLAGS or arg == args[0]]
    while words and words[0] in FLAGS and len(words) > 1:
        flags.add(FLAGS[words.pop(0)])
    if not words or words[0] in ("help", "-h", "-H"):
        return CommandResult(0, USAGE, "")
    if words[0] in ("version", "-v"):
        return CommandResult(0, f"ipset v{VERSION}, protocol version: 7\n", "")
    verb = _verb(words[0])
    least, *_, most = (*VERBS[verb][1], VERBS[verb][1][-1])
    if len(words) - 1 < least:
        raise _usage(f"Missing {'second ' if len(words) > 1 else ''}mandatory argument to command {verb}")
    if len(words) - 1 > most and verb not in ("create", "add"):
        word = words[most + 1]
        raise _usage(f"Unknown argument: `{word}'" if verb in ("del", "test") else f"Unknown argument {word}")
    try:
        return RUN[verb](Call(at.netns, words[1:], flags))
    except IpSetError as error:
        raise CommandError("" if "quiet" in flags else f"ipset v{VERSION}: {error}\n", 1) from None


def _verb(word: str) -> str:
    """Return the command that a word means: its name, a short form, or `--NAME`."""
    for verb, (aliases, _) in VERBS.items():
        if word in (verb, f"--{verb}", *aliases):
            return verb
    if word in ("restore", "-R", "--restore", "r", "-"):
        raise not_modelled("ipset restore", "there is no standard input; give each `ipset add` as a line")
    raise CommandError(f"ipset v{VERSION}: No command specified: unknown argument {word}\n", 2)


def _usage(message: str) -> CommandError:
    return CommandError(f"ipset v{VERSION}: {message}\nTry `ipset help' for more information.\n", 2)


def _value(option: str, words: list[str]) -> str:
    """Take an option's value from the words."""
    if not words:
        raise _usage(f"Missing mandatory argument of option `{option}'")
    return words.pop(0)


def _number(text: str, most: int) -> int:
    """Return the number of a text as strtoull(3) reads it: decimal, 0x... or octal."""
    if not NUMBER.fullmatch(text):
        raise IpSetError(f"Syntax error: '{text}' is invalid as number")
    base = 16 if "x" in text.lower() else 8 if text.startswith("0") else 10
    number = int(text, base)
    if not 0 <= number <= most:
        raise IpSetError(f"Syntax error: '{text}' is out of range 0-{most}")
    return number


def _check_options(type_: str, words: list[str]) -> None:
    """Refuse what a set cannot be created with; what `ipset save` prints passes."""
    left, seen = list(words), set[str]()
    while left:
        option = left.pop(0)
        if option in UNMODELLED and (type_ != "hash:net" or option not in ("netmask", "bitmask")):
            raise not_modelled(f"ipset create {option}")
        if option != "family" and option not in NUMBERS:
            raise _usage(f"Unknown argument: `{option}'")
        value = _value(option, left)
        if option in seen:
            raise IpSetError(f"Syntax error: {option} already specified")
        seen.add(option)
        if option in NUMBERS:
            most, only = NUMBERS[option]
            if _number(value, most) != only and only is not None:
                raise not_modelled(f"ipset create {option} {value}", f"every set has {option} {only}")
        elif value in ("inet6", "-6"):
            raise not_modelled(f"ipset create family {value}", "there is only IPv4")
        elif value not in ("inet", "-4"):
            raise IpSetError(f"Syntax error: unknown inet family {value}")


def _create(call: Call) -> CommandResult:
    name, type_, *options = call.words
    made = IpSet(name, type_)
    _check_options(type_, options)
    if name in call.netns.ipsets:
        if "exist" in call.flags and call.netns.ipsets[name].type == type_:
            return _nothing()
        raise IpSetError("Set cannot be created: set with the same name already exists")
    call.netns.ipsets[name] = made
    return _nothing()


def _add(call: Call) -> CommandResult:
    found = call.find(call.words[0])
    _check_extensions(found.type, call.words[2:])
    if not ("exist" in call.flags and found.parse(call.words[1]) in found.members):
        found.add(call.words[1])
    return _nothing()


def _check_extensions(type_: str, words: list[str]) -> None:
    """Refuse what an element cannot be added with."""
    left = list(words)
    option = left.pop(0) if left else ""
    if option in EXTENSIONS:
        value = _value(option, left)
        if option != "comment":
            _number(value, 0xFFFFFFFF)
        raise IpSetError(EXTENSIONS[option])
    if option == "nomatch" and type_ == "hash:net":
        raise not_modelled("ipset add nomatch")
    if words:
        raise _usage(f"Unknown argument: `{option}'")


def _delete(call: Call) -> CommandResult:
    found = call.find(call.words[0])
    if not ("exist" in call.flags and found.parse(call.words[1]) not in found.members):
        found.remove(call.words[1])
    return _nothing()


def _test(call: Call) -> CommandResult:
    name, entry = call.words
    if call.find(name).has(entry):
        return CommandResult(0, "", "" if "quiet" in call.flags else f"Warning: {entry} is in set {name}.\n")
    return CommandResult(1, "", "" if "quiet" in call.flags else f"{entry} is NOT in set {name}.\n")


def _destroy(call: Call) -> CommandResult:
    chosen = call.chosen()
    if any(references(call.netns, each.name) for each in chosen):
        raise IpSetError("Set cannot be destroyed: it is in use by a kernel component")
    for each in chosen:
        del call.netns.ipsets[each.name]
    return _nothing()


def _list(call: Call) -> CommandResult:
    chosen = call.chosen()
    if "name" in call.flags:
        return CommandResult(0, "".join(f"{each.name}\n" for each in chosen), "")
    is_terse = "terse" in call.flags
    texts = [each.list_text(references(call.netns, each.name), terse=is_terse) for each in chosen]
    return CommandResult(0, "\n".join(texts), "")


def _save(call: Call) -> CommandResult:
    return CommandResult(0, "".join(each.save_text() for each in call.chosen()), "")


def _flush(call: Call) -> CommandResult:
    for each in call.chosen():
        each.flush()
    return _nothing()


def _rename(call: Call) -> CommandResult:
    old, new = call.words
    found = call.find(old)
    if new in call.netns.ipsets:
        raise IpSetError("Set cannot be renamed: a set with the new name already exists")
    if references(call.netns, old):
        raise IpSetError("Set cannot be renamed: it is in use by another system")
    del call.netns.ipsets[old]
    found.name = new
    call.netns.ipsets[new] = found
    return _nothing()


def _swap(call: Call) -> CommandResult:
    one, other = (call.find(name) for name in call.words)
    if one.type != other.type:
        raise IpSetError("The sets cannot be swapped: their type does not match")
    one.name, other.name = other.name, one.name
    call.netns.ipsets[one.name], call.netns.ipsets[other.name] = one, other
    return _nothing()


def references(netns: NetNs, name: str) -> int:
    """Return how many times rules of the namespace ask the set."""
    return netns.netfilter.save().count(f"--match-set {name} ")


def _nothing() -> CommandResult:
    return CommandResult(0, "", "")


RUN: dict[str, Callable[[Call], CommandResult]] = {
    "create": _create, "add": _add, "del": _delete, "test": _test, "destroy": _destroy, "list": _list, "save": _save,
    "flush": _flush, "rename": _rename, "swap": _swap,
}  # fmt: skip
