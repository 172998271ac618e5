"""`kubectl delete`: by file, name, label or all; waits in virtual time. Source: kubectl pkg/cmd/delete."""

from __future__ import annotations

from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import NOTHING, dry_run
from app.shell.kubectl.deleting import Doomed, delete_all, deletion, wait_gone
from app.shell.kubectl.errors import error
from app.shell.kubectl.manifests import has_files, manifests
from app.shell.kubectl.resources import fetch, is_selecting, requests
from app.shell.result import CommandResult, not_modelled

__all__ = ["delete"]


@VERBS.register("delete")
def delete(call: KubectlCall) -> CommandResult:
    """Delete resources by file names, stdin, resources and names, or by resources and label selector."""
    flags = call.flags
    if flags.is_on("interactive"):
        raise not_modelled("kubectl delete --interactive (nobody can be asked)", "delete without it")
    if flags.text("output") not in ("", "name"):
        raise error(f"unexpected -o output mode: {flags.text('output')}. We only support '-o name'")
    dry = dry_run(call)
    doomed = _doomed(call)
    how = deletion(call)
    if flags.text("namespace") and any(not each.kind.is_namespaced for each in doomed):
        call.warn("deleting cluster-scoped resources, not scoped to the provided namespace")
    is_lenient = flags.is_on("ignore-not-found") or is_selecting(call)
    going = delete_all(call, doomed, how, dry, is_lenient=is_lenient)
    if not doomed and not call.has_failed:
        call.say("No resources found")
    if flags.is_on("wait") and dry == "none" and not call.has_failed:
        wait_gone(call, going, flags.seconds("timeout"))
    return call.done()


def _doomed(call: KubectlCall) -> list[Doomed]:
    if has_files(call):
        if call.args:
            raise error(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"
            )
        return [Doomed(each.kind, each.name, each.namespace, each.source) for each in manifests(call)]
    if not call.args:
        raise error(NOTHING)
    if call.flags.is_on("all") and call.flags.text("selector"):
        raise error("setting 'all' parameter but found a non empty selector. ")
    doomed = []
    for each in requests(call, call.args):
        if each.name:
            doomed.append(Doomed(each.kind, each.name, call.namespace if each.kind.is_namespaced else ""))
        elif is_selecting(call):
            doomed += [Doomed(each.kind, found.name, found.namespace) for found in fetch(call, each)]
        else:
            raise error("resource(s) were provided, but no name was specified")
    return doomed
