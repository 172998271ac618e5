"""Tab completion, from the same tables as the commands: what the word at a place of a line could become.

complete(terminal, "kubectl get po", 14) -> ["pod", "poddisruptionbudgets", ...]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from app.core.limits import limit
from app.kube.scheme import KINDS
from app.shell.commands.ip import OBJECTS
from app.shell.kubectl.call import VERBS
from app.shell.terminal import COMMANDS, Terminal

__all__ = ["complete"]

#: Most that is offered: more is no help.
MOST = 200
#: Where another command begins.
STARTS = re.compile(r"[|;&(`]|\$\(|\b(?:do|then|else|time)\s|!\s")
#: kubectl's verbs that take a kind first, and those that take a Pod at once.
OF_KINDS = frozenset("get describe delete edit label annotate patch scale expose explain wait autoscale".split())
OF_PODS = frozenset("logs exec attach port-forward cp debug".split())
OF_NODES = frozenset("cordon uncordon drain".split())
VALUED = frozenset("-n --namespace -f --filename -o --output -l --selector -c --container".split())
OUTPUTS = ("custom-columns=", "json", "jsonpath=", "name", "wide", "yaml")


def complete(terminal: Terminal, line: str, position: int) -> list[str]:
    """Return the words that the one at `position` (in characters) could be completed to, sorted."""
    text = line[: max(0, min(position, len(line), limit("terminal.line_characters")))]
    begin = max((found.end() for found in STARTS.finditer(text)), default=0)
    words = text[begin:].split()
    typed = "" if not words or text[-1:].isspace() else words.pop()
    while words and (re.fullmatch(r"[A-Za-z_]\w*=.*", words[0]) or words[0] in ("sudo", "env")):
        words.pop(0)
    offered = _offered(terminal, words, typed)
    return sorted({each for each in offered if each.startswith(typed)})[:MOST]


def _offered(terminal: Terminal, words: Sequence[str], typed: str) -> Iterable[str]:
    if re.search(r"[<>]$", words[-1] if words else "") or typed.startswith(("/", "./", "~")):
        return _files(terminal, typed)
    if not words:
        return COMMANDS.names()
    name, *rest = words
    if name == "kubectl":
        return _kubectl(terminal, rest, typed)
    if name == "ip" and not [word for word in rest if not word.startswith("-")]:
        return (each for each, handler in OBJECTS.items() if handler is not None)
    if name in ("help", "which", "type"):
        return COMMANDS.names()
    return _files(terminal, typed)


def _files(terminal: Terminal, typed: str) -> list[str]:
    """Return the files and directories that a path could mean; a directory ends with a slash."""
    head, slash, _ = typed.rpartition("/")
    directory = f"{head}{slash}" or "."
    files = terminal.fs
    prefix = f"{head}{slash}"
    found = []
    for name in files.list(directory if directory != "." else terminal.cwd):
        path = f"{prefix}{name}"
        found.append(f"{path}/" if files.is_directory(path) else path)
    return found


def _kubectl(terminal: Terminal, rest: Sequence[str], typed: str) -> Iterable[str]:
    last = rest[-1] if rest else ""
    if last in VALUED:
        return _value(terminal, last, typed)
    words = [word for n, word in enumerate(rest) if not word.startswith("-") and (n == 0 or rest[n - 1] not in VALUED)]
    verbs = VERBS.names()
    if not words:
        return (name.partition(" ")[0] for name in verbs)
    below = [name.partition(" ")[2] for name in verbs if name.startswith(f"{words[0]} ")]
    if below and len(words) == 1:
        return below
    namespace = next((rest[n + 1] for n, word in enumerate(rest[:-1]) if word in ("-n", "--namespace")), "default")
    if words[0] in OF_PODS:
        return _names(terminal, "Pod", namespace) if "--" not in rest else COMMANDS.names()
    if words[0] in OF_NODES:
        return _names(terminal, "Node", "")
    if words[0] in OF_KINDS and len(words) == 1:
        return (name for kind in KINDS for name in (kind.plural, kind.singular, *kind.short_names))
    wanted = words[1] if len(words) > 1 else ""
    kind = next((each for each in KINDS if wanted in (each.plural, each.singular, *each.short_names)), None)
    if kind is None:
        return _files(terminal, typed)
    return _names(terminal, kind.kind, namespace if kind.is_namespaced else "")


def _value(terminal: Terminal, flag: str, typed: str) -> Iterable[str]:
    if flag in ("-n", "--namespace"):
        return _names(terminal, "Namespace", "")
    if flag in ("-f", "--filename"):
        return _files(terminal, typed)
    return OUTPUTS if flag in ("-o", "--output") else ()


def _names(terminal: Terminal, kind: str, namespace: str) -> list[str]:
    """Return the names of the objects of a kind."""
    live = terminal.live
    if live is None:
        return []
    return [each.name for each in live.store.list(kind, namespace or None)]
