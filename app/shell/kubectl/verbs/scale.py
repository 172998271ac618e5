"""`kubectl scale`. Source: kubectl pkg/cmd/scale/scale.go, pkg/scale/scale.go."""

from __future__ import annotations

from app.kube.bodies import value_at, with_value
from app.kube.status import StatusError
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import NOTHING, dry_run, print_changed, require, wait_until
from app.shell.kubectl.errors import error
from app.shell.kubectl.manifests import has_files
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.resources import Target
from app.shell.kubectl.targets import targets
from app.shell.result import CommandResult, not_modelled

__all__ = ["autoscale", "scale"]


@VERBS.register("scale")
def scale(call: KubectlCall) -> CommandResult:
    """Set a new size for a deployment, replica set, or stateful set."""
    require(call, "replicas")
    replicas, current = call.flags.number("replicas"), call.flags.number("current-replicas")
    if replicas < 0:
        raise error("The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0")
    if current < -1:
        raise error("The --current-replicas must specify an integer of -1 or greater")
    format_of(call)
    if not call.args and not has_files(call):
        raise error(NOTHING)
    found = targets(call, call.args)
    if not found:
        missing = ", ".join(f" {each.message if isinstance(each, StatusError) else each}" for each, _ in call.failures)
        call.failures.clear()
        raise error(f"no objects passed to scale{missing}")
    for each in found:
        try:
            _scale(call, each, replicas, current)
        except StatusError as refusal:
            call.fail(refusal)
            break
    return call.done()


def _scale(call: KubectlCall, each: Target, replicas: int, current: int) -> None:
    how, kind = dry_run(call), each.kind.kind
    old = value_at(each.object.body, "spec", "replicas")
    if how == "client":
        print_changed(call, each.kind, with_value(each.object.body, ("spec", "replicas"), replicas), "scaled", how)
        return
    if current not in (-1, old) and "scale" in each.kind.subresources:
        raise error(f"Expected replicas to be {current}, was {old}")
    patch = {"spec": {"replicas": replicas}}
    changed = call.api.patch(
        kind, each.name, each.namespace, patch, "merge", subresource="scale", dry_run=how == "server"
    )
    seconds = call.flags.seconds("timeout")
    if seconds and how == "none" and not wait_until(call, lambda: _is_scaled(call, each, replicas), seconds):
        raise error("timed out waiting for the condition")
    print_changed(call, each.kind, changed.body, "scaled", how)


def _is_scaled(call: KubectlCall, each: Target, replicas: int) -> bool:
    found = call.api.find(each.kind.kind, each.name, each.namespace)
    return found is None or (value_at(found.body, "status", "replicas") or 0) == replicas


@VERBS.register("autoscale")
def autoscale(call: KubectlCall) -> CommandResult:
    """Say why nothing here can autoscale."""
    require(call, "max")
    smallest, most = call.flags.number("min"), call.flags.number("max")
    if most < 1:
        raise error(f"--max=MAXPODS is required and must be at least 1, max: {most}")
    if most < smallest:
        raise error(f"--max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {smallest}")
    raise not_modelled(
        "HorizontalPodAutoscaler",
        "it needs measured load (metrics-server), which a model does not have: use kubectl scale",
    )
