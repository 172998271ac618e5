"""Namespaces, ServiceAccounts, Roles and their bindings as `kubectl create` makes them.

Source: kubectl pkg/cmd/create/create_role.go, create_clusterrole.go, create_rolebinding.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.body import Body, metadata, object_of, unique
from app.shell.result import CommandError

__all__ = ["ResourceName", "binding", "cluster_role", "namespace", "role", "service_account", "verb_warnings"]

_RBAC = "rbac.authorization.k8s.io"
_RESOURCE_VERBS = frozenset(
    "* get delete list create update patch watch proxy deletecollection use bind escalate impersonate".split()
)
_URL_VERBS = frozenset("* get post put delete patch head options".split())
#: Verbs that few resources know: resource and group.
_SPECIAL_VERBS: Mapping[str, frozenset[tuple[str, str]]] = {
    "use": frozenset(),
    "bind": frozenset({("roles", _RBAC), ("clusterroles", _RBAC)}),
    "escalate": frozenset({("roles", _RBAC), ("clusterroles", _RBAC)}),
    "impersonate": frozenset(
        {("users", ""), ("serviceaccounts", ""), ("groups", ""), ("userextras", "authentication.k8s.io")}
    ),
}
#: What a resource word means: (plural, group), or None where no kind has it.
ResourceName = Callable[[str, str], "tuple[str, str] | None"]


def namespace(name: str) -> Body:
    """Return a Namespace."""
    return object_of("v1", "Namespace", metadata(name), spec={}, status={})


def service_account(name: str, in_namespace: str) -> Body:
    """Return a ServiceAccount."""
    return object_of("v1", "ServiceAccount", metadata(name, in_namespace))


def verb_warnings(verbs: Sequence[str]) -> str:
    """Return the warnings about verbs that no API server knows."""
    return "".join(
        f"Warning: '{verb}' is not a standard resource verb\n" for verb in unique(verbs) if verb not in _RESOURCE_VERBS
    )


def role(
    name: str,
    in_namespace: str,
    verbs: Sequence[str],
    resources: Sequence[str],
    names: Sequence[str],
    resource_of: ResourceName,
) -> Body:
    """Return `create role`: one rule an API group."""
    verbs = ["*"] if "*" in verbs else unique(verbs)
    if not verbs:
        raise error("at least one verb must be specified")
    if not resources:
        raise error("at least one resource must be specified")
    rules = _rules(verbs, resources, unique(names), resource_of)
    return object_of(f"{_RBAC}/v1", "Role", metadata(name, in_namespace), rules=rules)


def cluster_role(
    name: str,
    verbs: Sequence[str],
    resources: Sequence[str],
    names: Sequence[str],
    resource_of: ResourceName,
    *,
    urls: Sequence[str] = (),
    aggregation: Mapping[str, str] | None = None,
) -> Body:
    """Return `create clusterrole`."""
    verbs = ["*"] if "*" in verbs else unique(verbs)
    body: Body = {"kind": "ClusterRole", "apiVersion": f"{_RBAC}/v1", "metadata": metadata(name)}
    if aggregation:
        if urls or verbs or resources or names:
            raise error("aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames")
        selectors = [{"matchLabels": dict(sorted(aggregation.items()))}]
        return body | {"rules": None, "aggregationRule": {"clusterRoleSelectors": selectors}}
    if not verbs:
        raise error("at least one verb must be specified")
    if not resources and not urls:
        raise error("one of resource or nonResourceURL must be specified")
    rules = _rules(verbs, resources, unique(names), resource_of)
    if urls:
        _check_urls(verbs, urls)
        rules.append({"verbs": list(verbs), "nonResourceURLs": unique(urls)})
    return body | {"rules": rules}


def _check_urls(verbs: Sequence[str], urls: Sequence[str]) -> None:
    for verb in verbs:
        if verb not in _URL_VERBS:
            raise error(f"invalid verb: '{verb}' for nonResourceURL")
    for url in urls:
        if url == "*":
            continue
        if not url.startswith("/"):
            raise error("nonResourceURL should start with /")
        if "*" in url[:-1]:
            raise error("nonResourceURL only supports wildcard matches when '*' is at the end")


def _rules(
    verbs: Sequence[str], resources: Sequence[str], names: Sequence[str], resource_of: ResourceName
) -> list[Body]:
    by_group: dict[str, list[str]] = {}
    for text in resources:
        base, slash, sub = text.partition("/")
        word, _, group = base.partition(".")
        if text == "*":
            by_group = {"": ["*"]}
            break
        plural, found_group = _meant(word, group, verbs, resource_of)
        name = f"{plural}/{sub}" if slash and sub else plural
        entries = by_group.setdefault(found_group, [])
        if name not in entries:
            entries.append(name)
    common = {"resourceNames": list(names)} if names else {}
    return [
        {"verbs": list(verbs), "apiGroups": [group], "resources": by_group[group]} | common
        for group in sorted(by_group)
    ]


def _meant(word: str, group: str, verbs: Sequence[str], resource_of: ResourceName) -> tuple[str, str]:
    if not word:
        raise error("resource must be specified if apiGroup/subresource specified")
    if word == "*":
        return word, group
    found = resource_of(word, group)
    plural, found_group = found or (word, group)
    is_special = False
    for verb in verbs:
        if verb in _SPECIAL_VERBS:
            if (plural, found_group) not in _SPECIAL_VERBS[verb]:
                raise error(f"can not perform '{verb}' on '{plural}' in group '{found_group}'")
            is_special = True
    if not found and not is_special:
        where = f' in group "{group}"' if group else ""
        raise CommandError(f'the server doesn\'t have a resource type "{word}"{where}\n', 1)
    return plural, found_group


def binding(
    kind: str,
    name: str,
    in_namespace: str,
    *,
    role_name: str = "",
    cluster_role_name: str = "",
    users: Sequence[str] = (),
    groups: Sequence[str] = (),
    accounts: Sequence[str] = (),
) -> Body:
    """Return a RoleBinding or ClusterRoleBinding (`kind`); `accounts` are `NAMESPACE:NAME`."""
    if kind == "RoleBinding" and bool(role_name) == bool(cluster_role_name):
        raise error("exactly one of clusterrole or role must be specified")
    subjects: list[Body] = [{"kind": "User", "apiGroup": _RBAC, "name": user} for user in users]
    subjects += [{"kind": "Group", "apiGroup": _RBAC, "name": group} for group in groups]
    for account in accounts:
        parts = account.split(":")
        if len(parts) != 2 or not all(parts):
            raise error("serviceaccount must be <namespace>:<name>")
        subjects.append({"kind": "ServiceAccount", "name": parts[1], "namespace": parts[0]})
    reference = {
        "apiGroup": _RBAC,
        "kind": "Role" if role_name else "ClusterRole",
        "name": role_name or cluster_role_name,
    }
    return object_of(f"{_RBAC}/v1", kind, metadata(name, in_namespace), subjects=subjects or None, roleRef=reference)
