"""`kubectl edit`: there is no editor here; it says what does the same."""

from __future__ import annotations

from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import NOTHING
from app.shell.kubectl.errors import error
from app.shell.kubectl.targets import targets
from app.shell.result import CommandResult, not_modelled

__all__ = ["edit"]


@VERBS.register("edit")
def edit(call: KubectlCall) -> CommandResult:
    """Say how to change an object without an editor."""
    if not call.args and not call.flags.texts("filename"):
        raise error(NOTHING)
    for each in targets(call, call.args, needs_name=False):
        place = f" -n {each.namespace}" if each.kind.is_namespaced and each.namespace != "default" else ""
        shown = f"{place} {each.text}"
        raise not_modelled(
            "kubectl edit (there is no editor)",
            f"`kubectl patch{shown} -p '{{...}}'` changes fields; `kubectl get{shown} -o yaml > x.yml` and "
            "`kubectl apply -f x.yml` take a changed file",
        )
    return call.done()
