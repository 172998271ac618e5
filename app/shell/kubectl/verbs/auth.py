"""`kubectl auth can-i` and `whoami`: the administrator may do all; anybody else what stored roles give them.

Source: k8s.io/kubectl pkg/cmd/auth/cani.go; the rules are those of the RBAC authorizer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.scheme import Kind
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.kubeconfig import USER
from app.shell.kubectl.output.layout import layout
from app.shell.result import CommandError, CommandResult, not_modelled

__all__ = ["can_i", "whoami"]

ADMINS = ("kubeadm:cluster-admins", "system:authenticated")
ACCOUNT = "system:serviceaccount:"


@VERBS.register("auth can-i")
def can_i(call: KubectlCall) -> CommandResult:
    """Say whether an action is allowed: yes, or no and exit code 1."""
    if call.flags.is_on("list"):
        raise not_modelled("`kubectl auth can-i --list`")
    if len(call.args) not in (2, 3) or (len(call.args) == 3 and "/" in call.args[1]):
        raise CommandError(
            "error: you must specify two arguments: verb resource or verb resource/resourceName.\n"
            "See 'kubectl auth can-i -h' for help and examples.\n", 1,
        )  # fmt: skip
    verb, what = call.args[:2]
    text, _, name = what.partition("/")
    name = name or (call.args[2] if len(call.args) == 3 else "")
    kind = call.find_kind(text)
    if kind is None and text != "*":
        call.warn(f"the server doesn't have a resource type '{text}'")
        call.note("")
    elif kind is not None and not kind.is_namespaced and not call.flags.is_on("all-namespaces"):
        group = f" in group '{kind.group}'" if kind.group else ""
        call.warn(f"resource '{kind.plural}' is not namespace scoped{group}")
        call.note("")
    is_allowed = _is_admin(call) or any(_allows(rule, verb, kind, text, name) for rule in _rules(call))
    if not call.flags.is_on("quiet"):
        call.say("yes" if is_allowed else "no")
    result = call.done()
    return result if is_allowed else CommandResult(1, result.stdout, result.stderr)


def _subject(call: KubectlCall) -> tuple[str, list[str]]:
    user, groups = call.flags.text("as") or USER, call.flags.texts("as-group")
    if user == USER and not groups:
        return user, list(ADMINS)
    if user.startswith(ACCOUNT):
        namespace = user.removeprefix(ACCOUNT).partition(":")[0]
        groups += ["system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
    return user, [*groups, "system:authenticated"]


def _is_admin(call: KubectlCall) -> bool:
    user, groups = _subject(call)
    return user == USER or "system:masters" in groups or ADMINS[0] in groups


def _rules(call: KubectlCall) -> Iterator[Mapping[str, Any]]:
    """Yield the rules of all roles that the subject is bound to, there or everywhere."""
    user, groups = _subject(call)
    namespace = "" if call.flags.is_on("all-namespaces") else call.namespace
    bindings = [*call.api.list("ClusterRoleBinding")]
    bindings += call.api.list("RoleBinding", namespace) if namespace else ()
    for binding in bindings:
        if any(_is_subject(subject, user, groups) for subject in list_at(binding.body, "subjects")):
            to = mapping_at(binding.body, "roleRef")
            where = binding.namespace if to.get("kind") == "Role" else ""
            role = call.api.find(str(to.get("kind")), str(to.get("name")), where)
            yield from list_at(role.body, "rules") if role else ()


def _is_subject(subject: Mapping[str, Any], user: str, groups: list[str]) -> bool:
    kind, name = subject.get("kind"), subject.get("name")
    if kind == "ServiceAccount":
        return user == f"{ACCOUNT}{subject.get('namespace')}:{name}"
    return name in groups if kind == "Group" else name == user


def _allows(rule: Mapping[str, Any], verb: str, kind: Kind | None, text: str, name: str) -> bool:
    group, plural = (kind.group, kind.plural) if kind else ("", text)
    names = list_at(rule, "resourceNames")
    return (
        bool({"*", verb} & set(list_at(rule, "verbs")))
        and bool({"*", group} & set(list_at(rule, "apiGroups")))
        and bool({"*", plural} & set(list_at(rule, "resources")))
        and (not names or name in names)
    )


@VERBS.register("auth whoami")
def whoami(call: KubectlCall) -> CommandResult:
    """Say who the server takes one for."""
    if call.args:
        raise error(f"unexpected arguments: [{' '.join(call.args)}]")
    user, groups = _subject(call)
    call.write(layout([["ATTRIBUTE", "VALUE"], ["Username", user], ["Groups", f"[{' '.join(groups)}]"]]))
    return call.done()
