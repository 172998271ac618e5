"""Generated objects on their way: printed (--dry-run=client) or sent to the API server and printed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.scheme import kind_named
from app.kube.status import StatusError
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.changing import dry_run, print_changed, validation
from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.body import Body, wire
from app.shell.kubectl.lastapplied import with_last_applied
from app.shell.kubectl.output.printer import format_of
from app.shell.result import CommandResult

__all__ = ["create_generated", "name_of_args", "send", "target_namespace"]


def name_of_args(call: KubectlCall) -> str:
    """Return the one name before `--`. Source: kubectl pkg/cmd/create/create.go, NameFromCommandArgs()."""
    count = len(call.args) if call.dash is None else call.dash
    if count != 1:
        raise call.usage_error(f"exactly one NAME is required, got {count}")
    name = call.args[0]
    if not name:
        raise error("name must be specified")
    return name


def target_namespace(call: KubectlCall) -> str:
    """Return the namespace that -n names, which a generated manifest shows; "" without -n."""
    return call.flags.text("namespace")


def create_generated(call: KubectlCall, body: Body, failed: str = "") -> CommandResult:
    """Create a generated object and say so. `failed` stands before the server's refusal, as kubectl words it."""
    format_of(call)
    made, how = send(call, body, failed), dry_run(call)
    print_changed(call, kind_named(body["kind"]), made, "created", how, is_typed=how == "client")
    return call.done()


def send(call: KubectlCall, body: Body, failed: str = "") -> Mapping[str, Any]:
    """Create a generated object; return it as the server has it (--dry-run=client: as it was made)."""
    how = dry_run(call)
    if call.flags.is_on("save-config"):
        body = with_last_applied(body)
    if how == "client":
        return body
    namespace = call.namespace if kind_named(body["kind"]).is_namespaced else ""
    try:
        created = call.api.create(wire(body), namespace, dry_run=how == "server", validation=validation(call))
    except StatusError as refusal:
        if failed:
            raise error(f"{failed}{refusal.message}") from None
        raise
    return created.body
