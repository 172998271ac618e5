"""ConfigMaps, Secrets, roles and bindings, Nodes.

Source: Kubernetes pkg/apis/core/validation, pkg/apis/rbac/validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.validation.causes import (
    IMMUTABLE,
    Causes,
    config_key,
    duplicate,
    forbidden,
    qualified_name,
    required,
    subdomain,
    unsupported,
    wrong,
)

Body = Mapping[str, Any]

RBAC_GROUP = "rbac.authorization.k8s.io"
NEEDED_KEYS = {"kubernetes.io/tls": ("tls.crt", "tls.key"), "kubernetes.io/dockerconfigjson": (".dockerconfigjson",)}
WHEN_IMMUTABLE = "field is immutable when `immutable` is set"


def check_config_map(body: Body) -> Causes:
    """Yield what is wrong with a ConfigMap."""
    data, binary = mapping_at(body, "data"), mapping_at(body, "binaryData")
    for part, keys in (("data", data), ("binaryData", binary)):
        for key in keys:
            yield from config_key(f"{part}[{key}]", key)
    for key in binary:
        if key in data:
            yield wrong(f"data[{key}]", key, "duplicate of key present in binaryData")


def check_secret(body: Body) -> Causes:
    """Yield what is wrong with a Secret."""
    data = mapping_at(body, "data")
    for key in data:
        yield from config_key(f"data[{key}]", key)
    for key in NEEDED_KEYS.get(str(body.get("type")), ()):
        if key not in data:
            yield required(f"data[{key}]")


def check_map_update(body: Body, before: Body) -> Causes:
    """Yield what may not change in an immutable ConfigMap or Secret; a Secret's type never changes."""
    if before.get("immutable"):
        if not body.get("immutable"):
            yield forbidden("immutable", WHEN_IMMUTABLE)
        for name in ("data", "binaryData"):
            if mapping_at(body, name) != mapping_at(before, name):
                yield forbidden(name, WHEN_IMMUTABLE)
    if body.get("kind") == "Secret" and body.get("type") != before.get("type"):
        yield wrong("type", body.get("type"), IMMUTABLE)


def check_role(body: Body) -> Causes:
    """Yield what is wrong with a Role or ClusterRole."""
    for index, each in enumerate(list_at(body, "rules")):
        rule, at = mapping_at(each), f"rules[{index}]"
        if not list_at(rule, "verbs"):
            yield required(f"{at}.verbs", "verbs must contain at least one value")
        if list_at(rule, "nonResourceURLs"):
            if body.get("kind") == "Role":
                words = "namespaced rules cannot apply to non-resource URLs"
                yield wrong(f"{at}.nonResourceURLs", list_at(rule, "nonResourceURLs"), words)
            continue
        if not list_at(rule, "apiGroups"):
            yield required(f"{at}.apiGroups", "resource rules must supply at least one api group")
        if not list_at(rule, "resources"):
            yield required(f"{at}.resources", "resource rules must supply at least one resource")


def check_binding(body: Body) -> Causes:
    """Yield what is wrong with a RoleBinding or ClusterRoleBinding."""
    role = mapping_at(body, "roleRef")
    legal = ["ClusterRole"] if body.get("kind") == "ClusterRoleBinding" else ["ClusterRole", "Role"]
    if role.get("apiGroup", "") != RBAC_GROUP:
        yield unsupported("roleRef.apiGroup", role.get("apiGroup", ""), [RBAC_GROUP])
    if role.get("kind", "") not in legal:
        yield unsupported("roleRef.kind", role.get("kind", ""), legal)
    if not role.get("name"):
        yield required("roleRef.name")
    for index, each in enumerate(list_at(body, "subjects")):
        subject, at = mapping_at(each), f"subjects[{index}]"
        if not subject.get("name"):
            yield required(f"{at}.name")
        if subject.get("kind") == "ServiceAccount":
            if subject.get("name"):
                yield from subdomain(f"{at}.name", str(subject["name"]))
            if not subject.get("namespace"):
                yield required(f"{at}.namespace")
        elif subject.get("kind") not in ("User", "Group"):
            yield unsupported(f"{at}.kind", subject.get("kind", ""), ["Group", "ServiceAccount", "User"])


def check_binding_update(body: Body, before: Body) -> Causes:
    """Yield what may not change in a binding: the role."""
    if body.get("roleRef") != before.get("roleRef"):
        yield wrong("roleRef", body.get("roleRef"), "cannot change roleRef")


def check_node(body: Body) -> Causes:
    """Yield what is wrong with a Node."""
    seen: set[tuple[Any, Any]] = set()
    for index, each in enumerate(list_at(body, "spec", "taints")):
        taint, at = mapping_at(each), f"metadata.taints[{index}]"
        yield from qualified_name(f"{at}.key", str(taint.get("key") or ""))
        if not taint.get("effect"):
            yield required(f"{at}.effect")
        key = (taint.get("key"), taint.get("effect"))
        if key in seen:
            yield duplicate(at, dict(taint))
        seen.add(key)


def check_node_update(body: Body, before: Body) -> Causes:
    """Yield what may not change in a Node."""
    old, new = value_at(before, "spec", "podCIDR"), value_at(body, "spec", "podCIDR")
    if old and new != old:
        yield forbidden("spec.podCIDRs", 'node updates may not change podCIDR except from "" to valid')
