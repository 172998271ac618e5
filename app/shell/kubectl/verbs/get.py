"""`kubectl get`. Source: k8s.io/kubectl pkg/cmd/get/get.go."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from app.kube.scheme import Kind, read_warning
from app.kube.status import StatusError
from app.kube.store import Event
from app.kube.tables.table import Body
from app.shell.kubectl.asking import asked_for
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.output.printer import GET_FORMATS, Format, as_list, format_of, print_object
from app.shell.kubectl.output.sorting import sort_objects
from app.shell.kubectl.output.table import Table
from app.shell.kubectl.resources import Request, Target, fetch, is_asked
from app.shell.result import CommandError, CommandResult, not_modelled

__all__ = ["get", "table_for"]

WATCH_S = 60
"""Seconds of virtual time that a watch lasts: nobody is there to press Ctrl-C."""
NO_TYPE = (
    'You must specify the type of resource to get. Use "kubectl api-resources" for a complete list of supported '
    "resources.\n\nerror: Required resource not specified.\n"
    'Use "kubectl explain <resource>" for a detailed description of that resource (e.g. kubectl explain pods).\n'
    "See 'kubectl get -h' for help and examples\n"
)


def watch(call: KubectlCall, form: Format, asked: Sequence[Request]) -> None:
    """Print what is there, then each change, until the virtual time of a terminal's line is over."""
    if len({request.kind.kind for request in asked}) > 1:
        raise error("you may only specify a single resource type")
    if len(asked) > 1:
        raise error("watch is only supported on individual resources and resource collections")
    request = asked[0]
    table = table_for(call, request.kind, is_wide=form.name == "wide", with_kind=call.flags.is_on("show-kind"))
    with_events = call.flags.is_on("output-watch-events")

    def show(bodies: Sequence[Body], word: str) -> None:
        table.view = call.view(is_wide=form.name == "wide")
        if form.is_table and bodies:
            call.write(table.text(bodies, [word] * len(bodies) if with_events else ()))
        elif not form.is_table:
            for body in bodies:
                separator = "---\n" if form.name == "yaml" and call.out else ""
                call.write(separator + print_object(form, body))

    there = fetch(call, request)
    if not call.flags.is_on("watch-only"):
        show([target.object.body for target in there], "ADDED")

    def on_event(event: Event) -> None:
        if is_asked(call, request, event.object):
            show([event.object.body], event.type)

    stop = call.live.store.watch(on_event, request.kind.kind)
    try:
        assert call.terminal.sim is not None
        call.terminal.sim.settle(WATCH_S * 1_000_000)
    finally:
        stop()


@VERBS.register("get")
def get(call: KubectlCall) -> CommandResult:
    """Print one or many objects, as a table or whole."""
    flags = call.flags
    form = format_of(call, GET_FORMATS)
    if flags.text("raw"):
        raise not_modelled("`kubectl get --raw`")
    asked = asked_for(call)
    if not asked:
        raise CommandError(NO_TYPE, 1)
    if flags.is_on("watch") or flags.is_on("watch-only"):
        watch(call, form, asked)
        return call.done()
    targets = _fetched(call, asked)
    if flags.text("sort-by"):
        targets = sort_objects(
            targets, flags.text("sort-by"), lambda target: target.object.body, is_table=form.is_table
        )
    if form.is_table:
        _print_tables(call, form, asked, targets)
    else:
        _print_whole(call, form, asked, targets)
    return call.done()


def _fetched(call: KubectlCall, asked: Sequence[Request]) -> list[Target]:
    targets: list[Target] = []
    refusals: list[StatusError] = []
    for request in asked:
        if warning := read_warning(request.kind, call.version):
            call.warn(warning)
        try:
            targets += fetch(call, request)
        except StatusError as refusal:
            if refusal.reason != "NotFound" or not call.flags.is_on("ignore-not-found"):
                refusals.append(refusal)
    for each in refusals:
        call.fail(each)
    return targets


def table_for(call: KubectlCall, kind: Kind, *, is_wide: bool, with_kind: bool) -> Table:
    """Return how the table of a kind is printed in this call."""
    flags = call.flags
    return Table(
        kind,
        call.view(is_wide=is_wide),
        with_namespace=flags.is_on("all-namespaces") and kind.is_namespaced,
        with_kind=with_kind,
        with_headers=not flags.is_on("no-headers"),
        show_labels=flags.is_on("show-labels"),
        label_columns=flags.texts("label-columns"),
    )


def _print_tables(call: KubectlCall, form: Format, asked: Sequence[Request], targets: Sequence[Target]) -> None:
    kinds = {target.kind.kind for target in targets}
    with_kind = call.flags.is_on("show-kind") or len(kinds) > 1 or _asks_for_several_kinds(call.args)
    for kind, group in groupby(targets, key=lambda target: target.kind):
        if call.out and not call.flags.is_on("no-headers"):
            call.write("\n")
        table = table_for(call, kind, is_wide=form.name == "wide", with_kind=with_kind)
        call.write(table.text([target.object.body for target in group]))
    if not call.out and not call.has_failed and not call.flags.is_on("ignore-not-found"):
        call.note(_nothing(call, asked))


def _nothing(call: KubectlCall, asked: Sequence[Request]) -> str:
    everywhere = call.flags.is_on("all-namespaces") or any(not request.kind.is_namespaced for request in asked)
    return "No resources found" if everywhere else f"No resources found in {call.namespace} namespace."


def _asks_for_several_kinds(args: Sequence[str]) -> bool:
    """Whether the names get their kind before them. Source: cmdutil/get MultipleTypesRequested()."""
    kinds = set[str]()
    for arg in args:
        if arg == "all" or ("/" not in arg and len(set(arg.split(","))) > 1):
            return True
        kinds.update([arg.partition("/")[0]] if "/" in arg else [])
    return len(kinds) > 1


def _print_whole(call: KubectlCall, form: Format, asked: Sequence[Request], targets: Sequence[Target]) -> None:
    bodies = [target.object.body for target in targets]
    has_headers = not call.flags.is_on("no-headers")
    is_one = len(asked) == 1 and bool(asked[0].name)
    if is_one:
        for body in bodies:
            call.write(print_object(form, body, has_headers=has_headers))
        return
    if call.has_failed and not bodies:
        return
    call.write(print_object(form, as_list(bodies), has_headers=has_headers))
