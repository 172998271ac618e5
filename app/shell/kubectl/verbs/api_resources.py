"""`kubectl api-resources` and `api-versions`: what discovery tells. Source: k8s.io/kubectl pkg/cmd/apiresources."""

from __future__ import annotations

from app.kube.scheme import KINDS, Kind
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.output.layout import layout
from app.shell.result import CommandResult

__all__ = ["api_resources", "api_versions"]

VERBS_SERVED = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


def _served(call: KubectlCall) -> list[Kind]:
    return [kind.preferred(call.version) for kind in KINDS if kind.served(call.version)]


@VERBS.register("api-resources")
def api_resources(call: KubectlCall) -> CommandResult:
    """List the kinds that the server knows, with their short names."""
    flags, form = call.flags, call.flags.text("output")
    if call.args:
        raise call.usage_error(f"unexpected arguments: [{' '.join(call.args)}]")
    if form not in ("", "wide", "name"):
        raise error(f"--output {form} is not available")
    order = flags.text("sort-by")
    if order not in ("", "name", "kind"):
        raise error("--sort-by accepts only name or kind")
    found = [kind for kind in _served(call) if _is_asked(call, kind)]
    # The core group first, then the groups in the order of their names, as discovery sorts them.
    found.sort(key=lambda k: k.plural if order == "name" else k.kind if order == "kind" else f"{k.group} {k.plural}")
    if form == "name":
        call.write("".join(f"{kind.resource}\n" for kind in found))
        return call.done()
    rows = [_row(kind, is_wide=form == "wide") for kind in found]
    header = ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", *(["VERBS", "CATEGORIES"] if form else [])]
    call.write(layout(rows if flags.is_on("no-headers") else [header, *rows]))
    return call.done()


def _is_asked(call: KubectlCall, kind: Kind) -> bool:
    flags = call.flags
    if flags.is_given("api-group") and kind.group != flags.text("api-group"):
        return False
    if flags.is_given("namespaced") and kind.is_namespaced != flags.is_on("namespaced"):
        return False
    if any(word not in kind.categories for word in flags.texts("categories")):
        return False
    return all(verb in VERBS_SERVED for verb in flags.texts("verbs"))


def _row(kind: Kind, *, is_wide: bool) -> list[str]:
    own = [kind.plural, ",".join(kind.short_names), kind.api_version, str(kind.is_namespaced).lower(), kind.kind]
    return [*own, ",".join(VERBS_SERVED), ",".join(kind.categories)] if is_wide else own


@VERBS.register("api-versions")
def api_versions(call: KubectlCall) -> CommandResult:
    """List the API versions that the server serves."""
    if call.args:
        raise call.usage_error(f"unexpected arguments: [{' '.join(call.args)}]")
    found = {served.api_version for kind in KINDS for served in kind.served(call.version)}
    call.write("".join(f"{version}\n" for version in sorted(found)))
    return call.done()
