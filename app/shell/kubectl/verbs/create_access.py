"""`kubectl create role`, `clusterrole` and their bindings. Source: kubectl pkg/cmd/create/create_role.go, ..."""

from __future__ import annotations

from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import require
from app.shell.kubectl.creating import create_generated, name_of_args, target_namespace
from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.access import binding, cluster_role, role, verb_warnings
from app.shell.result import CommandResult

__all__ = ["create_cluster_role", "create_cluster_role_binding", "create_role", "create_role_binding"]


@VERBS.register("create role")
def create_role(call: KubectlCall) -> CommandResult:
    """Create a role with single rule."""
    flags, name = call.flags, name_of_args(call)
    body = role(
        name,
        target_namespace(call),
        flags.texts("verb"),
        flags.texts("resource"),
        flags.texts("resource-name"),
        lambda word, group: _resource(call, word, group),
    )
    call.err.append(verb_warnings(flags.texts("verb")))
    return create_generated(call, body)


@VERBS.register("create clusterrole")
def create_cluster_role(call: KubectlCall) -> CommandResult:
    """Create a cluster role."""
    flags, name = call.flags, name_of_args(call)
    aggregation = dict(_pair(part) for part in flags.text("aggregation-rule").split(",") if part)
    body = cluster_role(
        name,
        flags.texts("verb"),
        flags.texts("resource"),
        flags.texts("resource-name"),
        lambda word, group: _resource(call, word, group),
        urls=flags.texts("non-resource-url"),
        aggregation=aggregation,
    )
    if flags.texts("resource"):
        call.err.append(verb_warnings(flags.texts("verb")))
    return create_generated(call, body)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise error(f'invalid argument "{text}" for "--aggregation-rule" flag: malformed pair, expect string=string')
    return key.strip(), value.strip()


def _resource(call: KubectlCall, word: str, group: str) -> tuple[str, str] | None:
    """Return plural and group of a resource word; None: the cluster serves no such thing."""
    kind = call.find_kind(f"{word}.{group}" if group else word)
    return (kind.plural, kind.group) if kind else None


@VERBS.register("create rolebinding")
def create_role_binding(call: KubectlCall) -> CommandResult:
    """Create a role binding for a particular role or cluster role."""
    flags = call.flags
    body = binding(
        "RoleBinding",
        name_of_args(call),
        target_namespace(call),
        role_name=flags.text("role"),
        cluster_role_name=flags.text("clusterrole"),
        users=flags.texts("user"),
        groups=flags.texts("group"),
        accounts=flags.texts("serviceaccount"),
    )
    return create_generated(call, body, "failed to create rolebinding: ")


@VERBS.register("create clusterrolebinding")
def create_cluster_role_binding(call: KubectlCall) -> CommandResult:
    """Create a cluster role binding for a particular cluster role."""
    require(call, "clusterrole")
    flags = call.flags
    body = binding(
        "ClusterRoleBinding",
        name_of_args(call),
        "",
        cluster_role_name=flags.text("clusterrole"),
        users=flags.texts("user"),
        groups=flags.texts("group"),
        accounts=flags.texts("serviceaccount"),
    )
    return create_generated(call, body, "failed to create clusterrolebinding: ")
