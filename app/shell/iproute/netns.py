"""`ip netns`: the network namespaces of this node's Pods, by the names that the runtime gave. Source: ipnetns.c."""

from __future__ import annotations

from app.dataplane.netns import NetNs
from app.shell.iproute.words import Words
from app.shell.result import CommandError, CommandResult, not_modelled, said
from app.shell.terminal import Terminal

__all__ = ["entered", "ip_netns", "namespaces_of"]

USAGE = "Usage:\tip netns list\n\tip netns exec NAME cmd ...\n"


def namespaces_of(at: Terminal) -> dict[str, NetNs]:
    """Return the namespaces that /run/netns of this host names."""
    here = at.netns.host if at.container is None else ""
    every = at.netns.network.namespaces.values()
    return {each.link_name: each for each in every if each.host == here and each.name != here and each.is_tapped}


def entered(at: Terminal, netns: NetNs) -> Terminal:
    """Return a terminal with this machine's files and another network."""
    return Terminal(
        netns, at.sim, at.machine, at.container, at.stdin, at.cwd, at.files, is_piped=at.is_piped,
        variables=dict(at.variables), exported=set(at.exported), session=at.session, budget=at.budget,
    )  # fmt: skip


def ip_netns(at: Terminal, words: Words) -> CommandResult:
    """List namespaces, or run a command in one."""
    verb = words.take() if words else "list"
    if "list".startswith(verb) or verb == "show":
        return said(sorted(namespaces_of(at), reverse=True))
    if "exec".startswith(verb):
        if not words:
            raise CommandError("No netns name specified\n", 255)
        name = words.take()
        found = namespaces_of(at).get(name)
        if found is None:
            raise CommandError(f'Cannot open network namespace "{name}": No such file or directory\n', 255)
        rest = []
        while words:
            rest.append(words.take())
        if not rest:
            raise CommandError("No command specified\n", 255)
        return entered(at, found).call(rest)
    if verb == "help":
        raise CommandError(USAGE, 255)
    if verb in ("add", "delete", "del", "set", "identify", "pids", "monitor", "attach", "list-id"):
        raise not_modelled(f"ip netns {verb}", "modelled: list, exec")
    raise CommandError(f'Command "{verb}" is unknown, try "ip netns help".\n', 255)
