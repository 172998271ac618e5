"""`kubectl patch`: strategic, merge and JSON patches. Source: kubectl pkg/cmd/patch/patch.go."""

from __future__ import annotations

from typing import Any, Literal

from app.core.errors import PodwalkError
from app.core.yaml12 import load_documents
from app.core.yamlgo import go_yaml_error
from app.kube.status import StatusError
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import dry_run, print_changed
from app.shell.kubectl.errors import error
from app.shell.kubectl.manifests import read_file
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.targets import targets
from app.shell.result import CommandResult

__all__ = ["patch"]

_TYPES: dict[str, Literal["json", "merge", "strategic"]] = {"json": "json", "merge": "merge", "strategic": "strategic"}


@VERBS.register("patch")
def patch(call: KubectlCall) -> CommandResult:
    """Update fields of a resource."""
    flags = call.flags
    if flags.text("patch") and flags.text("patch-file"):
        raise error("cannot specify --patch and --patch-file together")
    if not flags.text("patch") and not flags.text("patch-file"):
        raise error("must specify --patch or --patch-file containing the contents of the patch")
    word = flags.text("type").lower()
    if word not in _TYPES:
        raise error(f'--type must be one of [json merge strategic], not "{flags.text("type")}"')
    how, subresource = dry_run(call), flags.text("subresource")
    format_of(call)
    change = _change(call)
    for each in targets(call, call.args):
        kind = each.kind.kind
        try:
            changed = call.api.patch(
                kind, each.name, each.namespace, change, _TYPES[word], subresource=subresource, dry_run=how != "none"
            )
        except StatusError as refusal:
            call.fail(refusal)
            continue
        is_same = changed.body == each.object.body
        done = "patched (no change)" if is_same else "patched"
        print_changed(call, each.kind, changed.body, done, "server" if how == "server" else "none")
    return call.done()


def _change(call: KubectlCall) -> Any:
    """Return the patch as plain data. CommandError: there is no such file, or it is no YAML or JSON."""
    path, text = call.flags.text("patch-file"), call.flags.text("patch")
    if path:
        found = read_file(call, path)
        if not isinstance(found, str):
            why = "no such file or directory" if found is None else "is a directory"
            raise error(f"unable to read patch file: {'open' if found is None else 'read'} {path}: {why}")
        text = found
    quoted = call.flags.text("patch").replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    if wrong := go_yaml_error(text):
        raise error(f'unable to parse "{quoted}": {wrong}')
    try:
        documents = load_documents(text, path or "patch", as_kubectl=True)
    except PodwalkError as refusal:
        raise error(f'unable to parse "{quoted}": {refusal.message}') from None
    return documents[0].data if documents else {}
