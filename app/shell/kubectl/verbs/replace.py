"""`kubectl replace -f`, also with --force. Source: kubectl pkg/cmd/replace/replace.go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.status import StatusError
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import dry_run, print_changed, validation
from app.shell.kubectl.deleting import Deletion, Doomed, cascade, delete_all, wait_gone
from app.shell.kubectl.errors import error
from app.shell.kubectl.lastapplied import with_last_applied
from app.shell.kubectl.manifests import Manifest, has_files, manifests
from app.shell.kubectl.output.printer import format_of
from app.shell.result import CommandResult

__all__ = ["replace"]

FORCED_WAIT_SECONDS = 300


@VERBS.register("replace")
def replace(call: KubectlCall) -> CommandResult:
    """Replace a resource by file name or stdin."""
    if not has_files(call):
        raise error("must specify one of -f and -k")
    if call.args:
        raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
    flags = call.flags
    if flags.number("grace-period") >= 0 and not flags.is_on("force"):
        raise error("--grace-period must have --force specified")
    if flags.seconds("timeout") and not flags.is_on("force"):
        raise error("--timeout must have --force specified")
    how, checks = dry_run(call), validation(call)
    format_of(call)
    if flags.is_on("force"):
        return _forced(call, checks)
    for each in manifests(call):
        body: Mapping[str, Any] = with_last_applied(each.body) if flags.is_on("save-config") else each.body
        try:
            if how != "client":
                body = call.api.update(body, subresource=flags.text("subresource"), dry_run=how == "server").body
        except StatusError as refusal:
            call.fail(refusal, f'error when replacing "{each.source}"')
            continue
        print_changed(call, each.kind, body, "replaced", how)
    return call.done()


def _forced(call: KubectlCall, checks: str) -> CommandResult:
    """Delete what is there, wait until it is gone, create it anew."""
    found: list[Manifest] = list(manifests(call))
    doomed = [Doomed(each.kind, each.name, each.namespace, each.source) for each in found]
    how = Deletion(cascade(call), call.flags.number("grace-period") or 1)
    going = delete_all(call, doomed, how, "none", is_lenient=True)
    wait_gone(call, going, call.flags.seconds("timeout") or FORCED_WAIT_SECONDS)
    for each in found:
        body = with_last_applied(each.body) if call.flags.is_on("save-config") else each.body
        try:
            created = call.api.create(body, each.namespace, validation=checks)
        except StatusError as refusal:
            call.fail(refusal)
            continue
        print_changed(call, each.kind, created.body, "replaced")
    return call.done()
