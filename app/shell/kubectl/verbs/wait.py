"""`kubectl wait --for=condition=X | delete | create | jsonpath=X`, in virtual time. Source: kubectl pkg/cmd/wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.kube.bodies import list_at, value_at
from app.kube.scheme import Kind
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import LONGEST_SECONDS, NOTHING, print_changed, wait_until
from app.shell.kubectl.errors import error
from app.shell.kubectl.manifests import has_files, manifests
from app.shell.kubectl.output.jsonpath import JsonPathError, Path, parse_template, relaxed
from app.shell.kubectl.output.jsonpathvalues import values
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.resources import fetch, is_selecting, requests
from app.shell.result import CommandResult

__all__ = ["wait"]

_Check = Callable[[Mapping[str, Any]], bool]
#: Kind, name, namespace of what is waited for.
_Awaited = tuple[Kind, str, str]


@VERBS.register("wait")
def wait(call: KubectlCall) -> CommandResult:
    """Wait for a specific condition on one or many resources."""
    wanted = call.flags.text("for")
    check = _check(wanted)
    format_of(call)
    awaited = _awaited(call)
    is_lenient = wanted.lower() in ("delete", "create")
    if not awaited and not call.has_failed and not is_lenient:
        raise error("no matching resources found")
    for each in awaited:
        _await(call, each, wanted.lower(), check)
    return call.done()


def _awaited(call: KubectlCall) -> list[_Awaited]:
    if has_files(call):
        return [(each.kind, each.name, each.namespace) for each in manifests(call)]
    if not call.args:
        raise error(NOTHING)
    found: list[_Awaited] = []
    for each in requests(call, call.args):
        if each.name:
            found.append((each.kind, each.name, call.namespace if each.kind.is_namespaced else ""))
        elif is_selecting(call):
            found += [(each.kind, target.name, target.namespace) for target in fetch(call, each)]
        else:
            raise error("resource(s) were provided, but no name was specified")
    return found


def _await(call: KubectlCall, awaited: _Awaited, wanted: str, check: _Check | None) -> None:
    kind, name, namespace = awaited
    seconds = call.flags.seconds("timeout")
    first = call.api.find(kind.kind, name, namespace)
    if first is None and wanted == "delete":
        return
    if first is None and wanted != "create":
        call.api.get(kind.kind, name, namespace)
    last: Mapping[str, Any] = first.body if first is not None else {"metadata": {"name": name}}
    uid = value_at(last, "metadata", "uid")

    def is_met() -> bool:
        nonlocal last
        found = call.api.find(kind.kind, name, namespace)
        if wanted == "delete":
            return found is None or value_at(found.body, "metadata", "uid") != uid
        if found is None:
            return False
        last = found.body
        return check is None or check(found.body)

    limit = LONGEST_SECONDS if seconds < 0 else seconds
    if seconds == 0:
        if not is_met():
            call.fail(f"condition not met for {kind.plural}/{name}")
            return
    elif not wait_until(call, is_met, limit):
        call.fail(f"timed out waiting for the condition on {kind.plural}/{name}")
        return
    print_changed(call, kind, last, "condition met")


def _check(wanted: str) -> _Check | None:
    """Return how an object is looked at; None for create and delete. CommandError: there is no such condition."""
    word, _, rest = wanted.partition("=")
    if wanted.lower() in ("delete", "create"):
        return None
    if word == "condition" and rest:
        name, _, value = rest.partition("=")
        return lambda body: _has_condition(body, name, value or "true")
    if word == "jsonpath" and "=" in wanted:
        return _json_path(rest)
    raise error(f'unrecognized condition: "{wanted}"')


def _has_condition(body: Mapping[str, Any], name: str, value: str) -> bool:
    """Say whether a condition has a value, and is about the spec as it is now."""
    for each in list_at(body, "status", "conditions"):
        if str(each.get("type")).lower() != name.lower():
            continue
        seen = each.get("observedGeneration", value_at(body, "status", "observedGeneration"))
        if seen is not None and seen < (value_at(body, "metadata", "generation") or 0):
            return False
        return str(each.get("status")).lower() == value.lower()
    return False


def _json_path(text: str) -> _Check:
    parts = text.replace("==", "\0").split("=")
    if len(parts) > 2:
        raise error(
            "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or "
            "--for=jsonpath='{.status.readyReplicas}'"
        )
    path = parts[0].replace("\0", "==").strip("'\"")
    value = parts[1].strip("'\"") if len(parts) == 2 else None
    if not path:
        raise error("jsonpath expression cannot be empty")
    if value == "":
        raise error(
            "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3"
        )
    try:
        nodes = [node for node in parse_template(relaxed(path)) if isinstance(node, Path)]
    except JsonPathError as refusal:
        raise error(str(refusal)) from None
    return lambda body: _leads_to(nodes, body, value)


def _leads_to(nodes: list[Path], body: Mapping[str, Any], wanted: str | None) -> bool:
    try:
        found = [each for node in nodes for each in values(node, body, body)]
    except JsonPathError:
        return False
    if not found or wanted is None:
        return bool(found)
    if len(found) > 1:
        raise error("given jsonpath expression matches more than one value")
    if isinstance(found[0], Mapping | list):
        raise error("jsonpath leads to a nested object or list which is not supported")
    text = str(found[0]).lower() if isinstance(found[0], bool) else str(found[0])
    return text == wanted
