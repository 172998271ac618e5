"""`kubectl cordon` and `uncordon`. Source: kubectl pkg/cmd/drain/drain.go, pkg/drain/cordon.go."""

from __future__ import annotations

from app.kube.bodies import value_at
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import dry_run, print_changed
from app.shell.kubectl.errors import error
from app.shell.kubectl.resources import Target, find_objects
from app.shell.result import CommandResult

__all__ = ["cordon", "mark", "nodes", "uncordon"]


@VERBS.register("cordon")
def cordon(call: KubectlCall) -> CommandResult:
    """Mark node as unschedulable."""
    for each in nodes(call):
        mark(call, each, is_wanted=True)
    return call.done()


@VERBS.register("uncordon")
def uncordon(call: KubectlCall) -> CommandResult:
    """Mark node as schedulable."""
    for each in nodes(call):
        mark(call, each, is_wanted=False)
    return call.done()


def nodes(call: KubectlCall) -> list[Target]:
    """Return the nodes of the line; nothing is done unless all are there."""
    verb = call.command.words[0]
    selector = call.flags.text("selector")
    if not call.args and not selector:
        raise call.usage_error(f"USAGE: {verb} NODE [flags]")
    if call.args and selector:
        raise call.usage_error("cannot specify both a node name and a --selector option")
    dry_run(call)
    found = find_objects(call, ["nodes"] if selector else [_path(name) for name in call.args])
    return [] if call.has_failed else found


def _path(name: str) -> str:
    kind, slash, _ = name.partition("/")
    if slash and kind not in ("node", "nodes", "no"):
        raise error(f'error: expected resource of type node, got "{kind}"')
    return name if slash else f"nodes/{name}"


def mark(call: KubectlCall, each: Target, *, is_wanted: bool) -> None:
    """Set or clear `spec.unschedulable` and say so."""
    done, how = "cordoned" if is_wanted else "uncordoned", dry_run(call)
    if bool(value_at(each.object.body, "spec", "unschedulable")) == is_wanted:
        print_changed(call, each.kind, each.object.body, f"already {done}", how)
        return
    if how != "client":
        call.api.patch("Node", each.name, "", {"spec": {"unschedulable": is_wanted or None}}, dry_run=how == "server")
    print_changed(call, each.kind, each.object.body, done, how)
