"""What `get` and `describe` are asked for: the arguments, or the objects that the files of -f name."""

from __future__ import annotations

from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.manifests import has_files, manifests
from app.shell.kubectl.resources import Request, requests

__all__ = ["asked_for"]

BOTH = "when paths, URLs, or stdin is provided as resource input, you may not specify resource arguments as well"


def asked_for(call: KubectlCall) -> list[Request]:
    """Return the requests of a call, in their order; [] where it asks for nothing."""
    if not has_files(call):
        return requests(call, call.args)
    if call.args:
        raise error(BOTH)
    return [Request(each.kind, each.name, each.namespace) for each in manifests(call)]
