"""The objects that a changing verb is about: those of -f, or those that the arguments name or select."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.status import StatusError
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.changing import NOTHING
from app.shell.kubectl.errors import error
from app.shell.kubectl.manifests import has_files, manifests
from app.shell.kubectl.resources import Target, find_objects, is_selecting, requests

__all__ = ["split_changes", "targets"]


def targets(call: KubectlCall, args: Sequence[str], *, needs_name: bool = True) -> list[Target]:
    """Return the objects; those that are not there are noted with `call.fail()`.

    `needs_name`: a kind without a name, a selector or --all is refused. CommandError in the words of the builder.
    """
    if has_files(call):
        if args:
            raise error(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"
            )
        return _of_files(call)
    if not args:
        raise error(NOTHING)
    if needs_name and not is_selecting(call) and any(not each.name for each in requests(call, args)):
        raise error("resource(s) were provided, but no name was specified")
    return find_objects(call, args)


def _of_files(call: KubectlCall) -> list[Target]:
    found = []
    for each in manifests(call):
        try:
            found.append(Target(each.kind, call.api.get(each.kind.kind, each.name, each.namespace)))
        except StatusError as refusal:
            call.fail(refusal)
    return found


def split_changes(args: Sequence[str], noun: str, signs: str = "=") -> tuple[list[str], list[str]]:
    """Return resources and changes: words with one of `signs` (`KEY=VALUE`), or that take off (`KEY-`).

    Source: kubectl pkg/cmd/util, GetResourcesAndPairs().
    """
    resources: list[str] = []
    changes: list[str] = []
    for word in args:
        if any(sign in word for sign in signs) or word.endswith("-"):
            changes.append(word)
        elif changes:
            raise error(f"all resources must be specified before {noun} changes: {word}")
        else:
            resources.append(word)
    return resources, changes
