"""`kubectl rollout status | history | undo | restart | pause | resume`. Source: kubectl pkg/cmd/rollout."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from app.control.podtemplate import without_hash
from app.control.revisions import NOT_COPIED
from app.kube.bodies import mapping_at, time_text, value_at, with_metadata, with_value
from app.kube.objects import Object
from app.kube.status import StatusError
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import CHANGE_CAUSE, LONGEST_SECONDS, dry_run, print_changed, wait_until
from app.shell.kubectl.describe.template import describe_template
from app.shell.kubectl.describe.writer import Writer
from app.shell.kubectl.errors import error
from app.shell.kubectl.manifests import has_files
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.podtemplates import patch_with
from app.shell.kubectl.resources import Target
from app.shell.kubectl.rollouts import progress, replica_sets
from app.shell.kubectl.targets import targets
from app.shell.result import CommandResult, not_modelled

__all__ = ["history", "pause", "restart", "resume", "status", "undo"]

#: Annotations of a Deployment that no revision brings back.
_KEPT = (*NOT_COPIED, "deprecated.deployment.rollback.to")


def _targets(call: KubectlCall) -> list[Target]:
    if not call.args and not has_files(call):
        raise error("required resource not specified")
    return targets(call, call.args, needs_name=False)


def _revision_flag(call: KubectlCall) -> int:
    revision = call.flags.number("revision")
    if revision < 0:
        raise error(f"revision must be a positive integer: {revision}")
    return revision


def _require_deployment(each: Target, refusal: str) -> None:
    """Only a Deployment's history is kept here; `refusal` is for what has none in the real client either."""
    if each.kind.kind in ("DaemonSet", "StatefulSet"):
        raise not_modelled(f"the history of a {each.kind.kind} (ControllerRevisions)", "a Deployment's is")
    if each.kind.kind != "Deployment":
        raise error(f'{refusal} "{each.kind.kind}"')


@VERBS.register("rollout status")
def status(call: KubectlCall) -> CommandResult:
    """Show the status of the rollout."""
    revision = _revision_flag(call)
    for each in _targets(call):
        _follow(call, each, revision)
    return call.done()


def _follow(call: KubectlCall, each: Target, revision: int) -> None:
    """Print how far a rollout is, and again whenever the object changes, until it is over."""
    seconds = call.flags.seconds("timeout") or LONGEST_SECONDS
    end_us = call.live.clock.now_us + round(seconds * 1_000_000)
    while True:
        found = call.api.find(each.kind.kind, each.name, each.namespace)
        if found is None:
            raise error("object has been deleted")
        text, is_over = progress(found, revision)
        call.write(text)
        if is_over or not call.flags.is_on("watch"):
            return
        left = (end_us - call.live.clock.now_us) / 1_000_000
        if not wait_until(call, partial(_is_changed, call, each, found.resource_version), left):
            raise error("timed out waiting for the condition")


def _is_changed(call: KubectlCall, each: Target, seen: int) -> bool:
    found = call.api.find(each.kind.kind, each.name, each.namespace)
    return found is None or found.resource_version != seen


@VERBS.register("rollout history")
def history(call: KubectlCall) -> CommandResult:
    """View rollout history."""
    revision = _revision_flag(call)
    for each in _targets(call):
        _require_deployment(each, "no history viewer has been implemented for")
        found = replica_sets(call, each.object)
        if revision:
            if revision not in found:
                raise error("unable to find the specified revision")
            call.write(f"{each.text} with revision #{revision}\n{_described(found[revision])}\n")
            continue
        rows = [("REVISION", "CHANGE-CAUSE"), *((str(number), _cause(found[number])) for number in found)]
        width = max(len(row[0]) for row in rows) + 2
        table = (
            "".join(f"{number:<{width}}{cause}\n" for number, cause in rows) if found else "No rollout history found."
        )
        call.write(f"{each.text} \n{table}\n")
    return call.done()


def _described(replica_set: Object) -> str:
    """Return a revision's Pod template as kubectl shows it: its columns are not aligned."""
    writer = Writer()
    describe_template(mapping_at(replica_set.body, "spec", "template"), writer)
    return "".join(f"{line}\n" for line in writer.lines)


def _cause(replica_set: Object) -> str:
    return replica_set.metadata.annotations.get(CHANGE_CAUSE) or "<none>"


@VERBS.register("rollout undo")
def undo(call: KubectlCall) -> CommandResult:
    """Undo a previous rollout."""
    how, wanted = dry_run(call), call.flags.number("to-revision")
    format_of(call)
    for each in _targets(call):
        _require_deployment(each, "no rollbacker has been implemented for")
        old = _revision(call, each, wanted)
        body = each.object.body
        if value_at(body, "spec", "paused"):
            raise error(
                "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again"
            )
        if how == "client":
            print_changed(call, each.kind, body, _described(old), how)
            continue
        template = without_hash(mapping_at(old.body, "spec", "template"))
        if template == without_hash(mapping_at(body, "spec", "template")):
            done = f"skipped rollback (current template already matches revision {wanted})"
            print_changed(call, each.kind, body, done, how)
            continue
        try:
            body = call.api.update(_rolled_back(body, template, old), dry_run=how == "server").body
        except StatusError as refusal:
            call.fail(f"failed restoring revision {wanted}: {refusal.message}")
            continue
        print_changed(call, each.kind, body, "rolled back", how)
    return call.done()


def _revision(call: KubectlCall, each: Target, wanted: int) -> Object:
    found = replica_sets(call, each.object)
    if wanted:
        if wanted not in found:
            raise error(f"unable to find specified revision {wanted} in history")
        return found[wanted]
    if len(found) < 2:
        raise error(f'no rollout history found for deployment "{each.name}"')
    return found[sorted(found)[-2]]


def _rolled_back(body: Mapping[str, Any], template: Mapping[str, Any], old: Object) -> dict[str, Any]:
    own = mapping_at(body, "metadata", "annotations")
    annotations = {key: value for key, value in own.items() if key in _KEPT}
    annotations |= {key: value for key, value in old.metadata.annotations.items() if key not in _KEPT}
    changed = with_value(body, ("spec", "template"), template)
    return with_metadata(changed, annotations=annotations, resourceVersion=None)


@VERBS.register("rollout restart")
def restart(call: KubectlCall) -> CommandResult:
    """Restart a resource."""
    format_of(call)
    for each in _targets(call):
        if each.kind.kind not in ("Deployment", "DaemonSet", "StatefulSet"):
            call.fail(f'{each.kind.plural} "{each.name}" restarting is not supported')
        elif value_at(each.object.body, "spec", "paused"):
            call.fail(f'{each.kind.resource} "{each.name}" can\'t restart paused deployment (run rollout resume first)')
        else:
            stamp = {"kubectl.kubernetes.io/restartedAt": time_text(call.now)}
            patch = {"spec": {"template": {"metadata": {"annotations": stamp}}}}
            patch_with(call, each, patch, "restarted")
    return call.done()


@VERBS.register("rollout pause")
def pause(call: KubectlCall) -> CommandResult:
    """Mark the provided resource as paused."""
    return _pause(call, "pausing", is_paused=True)


@VERBS.register("rollout resume")
def resume(call: KubectlCall) -> CommandResult:
    """Resume a paused resource."""
    return _pause(call, "resuming", is_paused=False)


def _pause(call: KubectlCall, doing: str, *, is_paused: bool) -> CommandResult:
    format_of(call)
    for each in _targets(call):
        if each.kind.kind != "Deployment":
            call.fail(f'{each.kind.resource} "{each.name}" {doing} is not supported')
        elif bool(value_at(each.object.body, "spec", "paused")) == is_paused:
            call.fail(f'{each.kind.resource} "{each.name}" {"is already" if is_paused else "is not"} paused')
        else:
            patch = {"spec": {"paused": is_paused or None}}
            patch_with(call, each, patch, "paused" if is_paused else "resumed")
    return call.done()
