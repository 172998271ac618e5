"""`kubectl events`. Source: k8s.io/kubectl pkg/cmd/events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.bodies import mapping_at
from app.kube.tables.age import nanoseconds, since
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.output.layout import layout
from app.shell.kubectl.output.printer import FORMATS, as_list, format_of, print_object
from app.shell.result import CommandResult

__all__ = ["events"]

TYPES = ("Normal", "Warning")


@VERBS.register("events")
def events(call: KubectlCall) -> CommandResult:
    """List events, the latest last."""
    flags = call.flags
    types = [next((t for t in TYPES if t.lower() == word.lower()), "") for word in flags.texts("types")]
    if not all(types):
        raise error("valid --types are Normal or Warning")
    form, about = format_of(call, FORMATS), _about(call)
    everywhere = flags.is_on("all-namespaces")
    found = [
        event.body
        for event in call.api.list("Event", None if everywhere else call.namespace)
        if (not types or event.body.get("type") in types) and _is_about(event.body, about)
    ]
    found.sort(key=lambda body: nanoseconds(_last(body)) or 0)
    if not found:
        call.note("No events found." if everywhere else f"No events found in {call.namespace} namespace.")
    elif not form.is_table:
        call.write(print_object(form, as_list(found)))
    else:
        rows = [_row(call, body, with_namespace=everywhere) for body in found]
        header = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]
        if everywhere:
            header.insert(0, "NAMESPACE")
        call.write(layout(rows if flags.is_on("no-headers") else [header, *rows]))
    return call.done()


def _about(call: KubectlCall) -> tuple[str, str] | None:
    text = call.flags.text("for")
    if not text:
        return None
    kind, slash, name = text.partition("/")
    if not slash or not kind or not name:
        raise error("--for must be in resource/name form")
    return call.kind(kind).kind, name


def _is_about(body: Mapping[str, Any], about: tuple[str, str] | None) -> bool:
    involved = mapping_at(body, "involvedObject")
    return about is None or (involved.get("kind"), involved.get("name")) == about


def _last(body: Mapping[str, Any]) -> Any:
    return mapping_at(body, "series").get("lastObservedTime") or body.get("lastTimestamp") or body.get("eventTime")


def _row(call: KubectlCall, body: Mapping[str, Any], *, with_namespace: bool) -> list[str]:
    involved = mapping_at(body, "involvedObject")
    count = mapping_at(body, "series").get("count") or body.get("count") or 1
    first = since(body.get("eventTime") or body.get("firstTimestamp"), call.now)
    seen = f"{since(_last(body), call.now)} (x{count} over {first})" if count > 1 else first
    cells = [
        seen,
        str(body.get("type") or ""),
        str(body.get("reason") or ""),
        f"{involved.get('kind')}/{involved.get('name')}",
        str(body.get("message") or "").strip(),
    ]
    return [str(mapping_at(body, "metadata").get("namespace", "")), *cells] if with_namespace else cells
