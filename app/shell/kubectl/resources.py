"""Which objects a line means: TYPE, TYPE NAME..., TYPE/NAME..., TYPE,TYPE, -l, --field-selector, --all, -A.

Source: k8s.io/cli-runtime pkg/resource/builder.go, whose messages these are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.errors import UsageError
from app.kube.fieldselectors import FieldSelector
from app.kube.objects import Object
from app.kube.scheme import Kind
from app.kube.selectors import Selector
from app.kube.status import StatusError, bad_request
from app.kube.validation.causes import label_values, qualified_name
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.errors import error

__all__ = ["Request", "Target", "fetch", "find_objects", "is_selecting", "label_selector", "object_text", "requests"]

MIXED = (
    "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form "
    "(e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'"
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the API: an object by name, or (name "") the list of a kind; "" is the call's own namespace."""

    kind: Kind
    name: str = ""
    namespace: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """An object and the kind that it was asked by."""

    kind: Kind
    object: Object

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return self.object.name

    @property
    def namespace(self) -> str:
        """`metadata.namespace`; "" for cluster-scoped kinds."""
        return self.object.namespace

    @property
    def text(self) -> str:
        """The object as kubectl names it: `deployment.apps/web`."""
        return object_text(self.kind, self.object.name)


def object_text(kind: Kind, name: str) -> str:
    """Return `pod/web`, `deployment.apps/web`."""
    return f"{kind.qualified_kind.lower()}/{name}"


def requests(call: KubectlCall, args: Sequence[str]) -> list[Request]:
    """Return what the arguments ask for, in their order; [] without arguments. CommandError in kubectl's words."""
    if not args:
        return []
    combined = ["/" in arg for arg in args]
    if any(combined):
        if not all(combined):
            raise error(MIXED)
        return [_combined(call, arg) for arg in args]
    kinds = _kinds(call, args[0])
    names = list(args[1:])
    if not names:
        return [Request(kind) for kind in kinds]
    if is_selecting(call):
        raise error("name cannot be provided when a selector is specified")
    return [Request(kind, name) for kind in kinds for name in names]


def _combined(call: KubectlCall, arg: str) -> Request:
    kind, _, name = arg.partition("/")
    if "/" in name:
        raise error("arguments in resource/name form may not have more than one slash")
    if not kind or not name or "," in kind:
        raise error("arguments in resource/name form must have a single resource and name")
    if is_selecting(call):
        raise error("selectors and the all flag cannot be used when passing resource/name arguments")
    return Request(call.kind(kind), name)


def _kinds(call: KubectlCall, text: str) -> list[Kind]:
    """Return the kinds of `po,svc`; `all` is a category."""
    found: list[Kind] = []
    for part in text.split(","):
        for kind in category(call, part) or [call.kind(part)]:
            if kind not in found:
                found.append(kind)
    return found


def category(call: KubectlCall, text: str) -> list[Kind]:
    """Return the kinds of a category that the cluster serves, in the client's order; [] if it is none."""
    order = ("pods", "replicationcontrollers", "services", "daemonsets", "deployments", "replicasets", "statefulsets")
    if text != "all":
        return []
    return [kind for plural in order if (kind := call.find_kind(plural)) is not None]


def is_selecting(call: KubectlCall) -> bool:
    """Say whether -l, --field-selector or --all choose the objects."""
    flags = call.flags
    if call.command.words == ("expose",):
        return False  # its --selector is the new Service's
    is_all = "all" in flags.known and flags.is_on("all")
    return is_all or any(name in flags.known and flags.text(name) for name in ("selector", "field-selector"))


def label_selector(call: KubectlCall, kind: Kind) -> Selector | None:
    """Return the selector of -l; None without one. StatusError in the server's words if it cannot be read."""
    text = call.flags.text("selector") if "selector" in call.flags.known else ""
    try:
        selector = Selector.parse(text) if text else None
    except UsageError:
        extra = re.fullmatch(r"[^=!(),\s]+\s*!?==?[^=!(),\s]*(=)?.*", text)
        why = (
            f"found '{extra[1]}', expected: ',' or 'end of string'"
            if extra and extra[1]
            else (f"unable to parse requirement: found '{text.strip(' !')}', expected: identifier")
        )
        raise _unreadable(kind, text, "", why) from None
    for term in selector.requirements if selector is not None else ():
        problem = next(iter((*qualified_name("key", term.key), *label_values(term.values))), None)
        if problem is not None:
            raise _unreadable(kind, text, "", f"unable to parse requirement: {problem}")
    return selector


def _unreadable(kind: Kind, labels: str, fields: str, why: str) -> StatusError:
    place = f"{kind.group}/{kind.version}, Resource={kind.plural}"
    return bad_request(
        f'Unable to find "{place}" that match label selector "{labels}", field selector "{fields}": {why}'
    )


def fetch(call: KubectlCall, request: Request) -> list[Target]:
    """Return the objects of one request. StatusError: the one named is not there."""
    kind, flags = request.kind, call.flags
    everywhere = "all-namespaces" in flags.known and flags.is_on("all-namespaces")
    if request.name:
        if everywhere and kind.is_namespaced:
            raise error("a resource cannot be retrieved by name across all namespaces")
        return [Target(kind, call.api.get(kind.kind, request.name, request.namespace or call.namespace))]
    text = flags.text("field-selector") if "field-selector" in flags.known else ""
    try:
        fields = FieldSelector.parse(text) if text else None
    except StatusError as refusal:
        raise _unreadable(kind, "", text, refusal.message) from None
    found = call.api.list(kind.kind, None if everywhere else call.namespace, label_selector(call, kind), fields)
    return [Target(kind, each) for each in found]


def find_objects(call: KubectlCall, args: Sequence[str]) -> list[Target]:
    """Return the objects that the arguments name or select. Those that are not there are noted with `call.fail()`."""
    found: list[Target] = []
    for request in requests(call, args):
        try:
            found += fetch(call, request)
        except StatusError as refusal:
            call.fail(refusal)
    return found


def is_asked(call: KubectlCall, request: Request, found: Object) -> bool:
    """Say whether an object of the request's kind is one that it asks for: what a watch lets through."""
    flags = call.flags
    everywhere = not request.kind.is_namespaced or ("all-namespaces" in flags.known and flags.is_on("all-namespaces"))
    labels = label_selector(call, request.kind)
    text = flags.text("field-selector") if "field-selector" in flags.known else ""
    return (
        (everywhere or found.namespace == call.namespace)
        and request.name in ("", found.name)
        and (labels is None or labels.matches(found.metadata.labels))
        and (not text or FieldSelector.parse(text).matches(found.body))
    )
