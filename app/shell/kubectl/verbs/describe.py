"""`kubectl describe`. Source: k8s.io/kubectl pkg/cmd/describe/describe.go."""

from __future__ import annotations

from app.kube.scheme import read_warning
from app.kube.status import StatusError
from app.shell.kubectl.asking import asked_for
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.describe.anything import describe_anything
from app.shell.kubectl.describe.writer import DESCRIBERS, Described, Writer
from app.shell.kubectl.errors import error
from app.shell.kubectl.resources import Request, Target, fetch
from app.shell.result import CommandResult

__all__ = ["describe"]

NO_TYPE = (
    'You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported '
    "resources."
)


@VERBS.register("describe")
def describe(call: KubectlCall) -> CommandResult:
    """Tell all about objects, with the events about them."""
    asked = asked_for(call)
    if not asked:
        raise error(NO_TYPE)
    targets: list[Target] = []
    for request in asked:
        if warning := read_warning(request.kind, call.version):
            call.warn(warning)
        try:
            targets += fetch(call, request)
        except StatusError as refusal:
            near = _begin_with(call, request)
            if not near:
                call.fail(refusal)
            call.write("".join(f"{_text(call, target)}\n" for target in near))
    call.write("\n\n".join(_text(call, target) for target in targets))
    if not call.out and not call.has_failed:
        everywhere = call.flags.is_on("all-namespaces") or any(not request.kind.is_namespaced for request in asked)
        call.note("No resources found" if everywhere else f"No resources found in {call.namespace} namespace.")
    return call.done()


def _begin_with(call: KubectlCall, request: Request) -> list[Target]:
    """Return the objects whose names begin with the one that is not there."""
    found = call.api.list(request.kind.kind, call.namespace)
    return [Target(request.kind, each) for each in found if each.name.startswith(request.name)]


def _text(call: KubectlCall, target: Target) -> str:
    out, about = Writer(), Described(target.object, call)
    kind = target.kind.kind
    (DESCRIBERS.get(kind) if kind in DESCRIBERS else describe_anything)(about, out)
    return out.text()
