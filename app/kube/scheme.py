"""The scheme: every kind that the API serves, with its names, and in which versions of Kubernetes each version lives.

Sources: `kubectl api-resources` of Kubernetes 1.34 (api/discovery/aggregated_v2.json), and the Deprecated API Migration
Guide for the older versions of a kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

Version = tuple[int, int]

NEWEST: Version = (1, 99)
LATEST: Version = (1, 34)


@dataclass(frozen=True, slots=True)
class Served:
    """An API version of a kind, and the first and last Kubernetes version that serve it."""

    group: str
    version: str
    since: Version
    until: Version = NEWEST
    deprecated: Version = NEWEST
    """From here on the server adds a warning to every answer."""
    replacement: str = ""

    @property
    def api_version(self) -> str:
        """`apiVersion` as manifests write it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def is_served(self, version: Version) -> bool:
        """Say whether a cluster of this version serves it."""
        return self.since <= version <= self.until


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind and its resource. `group` and `version` are those that objects are stored in.

    `others` are further versions. `subresources` are those that the API acts on.
    """

    group: str
    version: str
    kind: str
    plural: str
    singular: str
    short_names: tuple[str, ...] = ()
    is_namespaced: bool = True
    categories: tuple[str, ...] = ()
    subresources: tuple[str, ...] = ()
    since: Version = (1, 0)
    others: tuple[Served, ...] = ()

    @property
    def api_version(self) -> str:
        """`apiVersion` as manifests write it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The resource as messages write it: `deployments.apps`, `pods`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """The kind as validation messages write it: `Deployment.apps`, `Pod`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def has_status(self) -> bool:
        """Whether `status` is a subresource: only a write to it changes the status."""
        return "status" in self.subresources

    def served(self, version: Version) -> tuple[Served, ...]:
        """Return the versions that a cluster serves, the one that it prefers first."""
        own = Served(self.group, self.version, self.since)
        return tuple(found for found in (*self.others, own) if found.is_served(version))

    def is_stored_as(self, api_version: str, version: Version) -> bool:
        """Whether objects are kept in this form while another is served: controllers write what is kept.

        kubectl looks at what is served before it sends anything.
        """
        return api_version == self.api_version and bool(self.served(version))

    def preferred(self, version: Version) -> Kind:
        """Return the kind as a cluster's discovery names it first: Ingress of 1.19 is one of extensions/v1beta1."""
        first = next(iter(self.served(version)), None)
        return replace(self, group=first.group, version=first.version) if first else self


ENDPOINTS_DEPRECATED: Version = (1, 33)
"""KEP-4974: since then whoever reads or writes Endpoints is warned; nothing is planned to be removed."""
STATUS = ("status",)
SCALABLE = ("scale", "status")
ALL = ("all",)
_NETWORKING_V1 = "networking.k8s.io/v1"

KINDS: tuple[Kind, ...] = (
    Kind("", "v1", "ConfigMap", "configmaps", "configmap", ("cm",)),
    Kind("", "v1", "Endpoints", "endpoints", "endpoints", ("ep",)),
    Kind("", "v1", "Event", "events", "event", ("ev",)),
    Kind("", "v1", "Namespace", "namespaces", "namespace", ("ns",), False, (), STATUS),
    Kind("", "v1", "Node", "nodes", "node", ("no",), False, (), STATUS),
    Kind("", "v1", "Pod", "pods", "pod", ("po",), True, ALL, STATUS),
    Kind("", "v1", "Secret", "secrets", "secret"),
    Kind("", "v1", "ServiceAccount", "serviceaccounts", "serviceaccount", ("sa",)),
    Kind("", "v1", "Service", "services", "service", ("svc",), True, ALL, STATUS),
    Kind("apps", "v1", "DaemonSet", "daemonsets", "daemonset", ("ds",), True, ALL, STATUS),
    Kind("apps", "v1", "Deployment", "deployments", "deployment", ("deploy",), True, ALL, SCALABLE),
    Kind("apps", "v1", "ReplicaSet", "replicasets", "replicaset", ("rs",), True, ALL, SCALABLE),
    Kind("apps", "v1", "StatefulSet", "statefulsets", "statefulset", ("sts",), True, ALL, SCALABLE),
    Kind("coordination.k8s.io", "v1", "Lease", "leases", "lease"),
    Kind(
        "discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", "endpointslice", since=(1, 21),
        others=(Served("discovery.k8s.io", "v1beta1", (1, 17), (1, 24), (1, 21), "discovery.k8s.io/v1 EndpointSlice"),),
    ),
    Kind(
        "networking.k8s.io", "v1", "Ingress", "ingresses", "ingress", ("ing",), True, (), STATUS, (1, 19),
        others=(
            Served("extensions", "v1beta1", (1, 1), (1, 21), (1, 14), f"{_NETWORKING_V1} Ingress"),
            Served("networking.k8s.io", "v1beta1", (1, 14), (1, 21), (1, 19), f"{_NETWORKING_V1} Ingress"),
        ),
    ),
    Kind(
        "networking.k8s.io", "v1", "IngressClass", "ingressclasses", "ingressclass", (), False, since=(1, 19),
        others=(Served("networking.k8s.io", "v1beta1", (1, 18), (1, 21), (1, 19), f"{_NETWORKING_V1} IngressClass"),),
    ),
    Kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", "networkpolicy", ("netpol",)),
    *(
        Kind(
            "rbac.authorization.k8s.io", "v1", kind, plural, kind.lower(), (), is_namespaced,
            others=(
                Served(
                    "rbac.authorization.k8s.io", "v1beta1", (1, 6), (1, 21), (1, 17),
                    f"rbac.authorization.k8s.io/v1 {kind}",
                ),
            ),
        )
        for kind, plural, is_namespaced in (
            ("ClusterRoleBinding", "clusterrolebindings", False),
            ("ClusterRole", "clusterroles", False),
            ("RoleBinding", "rolebindings", True),
            ("Role", "roles", True),
        )
    ),
)  # fmt: skip
"""In the order of `kubectl api-resources`."""

_BY_KIND: Mapping[str, Kind] = {kind.kind: kind for kind in KINDS}
_BY_NAME: Mapping[str, Kind] = {
    name: kind for kind in KINDS for name in (kind.plural, kind.singular, kind.kind.lower(), *kind.short_names)
}
CLUSTER_SCOPED: frozenset[str] = frozenset(kind.kind for kind in KINDS if not kind.is_namespaced)


def kind_named(name: str) -> Kind:
    """Return the kind `Deployment`; KeyError if the scheme has none."""
    return _BY_KIND[name]


def find_kind(name: str) -> Kind | None:
    """Return the kind `Deployment`, or None."""
    return _BY_KIND.get(name)


def resource(text: str, version: Version = LATEST) -> Kind | None:
    """Return the kind that a user names: `deploy`, `deployments`, `deployments.apps`, `Deployment.v1.apps`; or None.

    A group (and version) in the text must be one that a cluster of this version serves.
    """
    name, _, rest = text.lower().partition(".")
    kind = _BY_NAME.get(name)
    if kind is None or not rest:
        return kind.preferred(version) if kind and kind.served(version) else None
    for served in kind.served(version):
        if rest in (served.group, f"{served.version}.{served.group}".rstrip(".")):
            return replace(kind, group=served.group, version=served.version)
    return None


def served_kind(api_version: str, kind: str, version: Version = LATEST) -> tuple[Kind, Served] | None:
    """Return the kind that a manifest means, and its version; None: a cluster of this version serves no such thing."""
    found = _BY_KIND.get(kind)
    for served in found.served(version) if found else ():
        if found and served.api_version == api_version:
            return found, served
    return None


def deprecation(kind: Kind, version: Version = LATEST) -> str:
    """Return the server's warning for the version that `kind` names; "" if that is not deprecated.

    Source: k8s.io/apiserver pkg/endpoints/deprecation/deprecation.go, WarningMessage().
    """
    for served in _BY_KIND[kind.kind].others:
        if served.api_version == kind.api_version and version >= served.deprecated:
            # The versions of the message are the kind's own, as its generated prerelease-lifecycle file says.
            removed = (served.until[0], served.until[1] + 1)
            return (
                f"{served.api_version} {kind.kind} is deprecated in v{_text(served.deprecated)}+, "
                f"unavailable in v{_text(removed)}+; use {served.replacement}"
            )
    return ""


def read_warning(kind: Kind, version: Version = LATEST) -> str:
    """Return the server's warning for who reads objects of a kind: that of its version, or of Endpoints at all."""
    if kind.kind == "Endpoints" and version >= ENDPOINTS_DEPRECATED:
        return "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
    return deprecation(kind, version)


def _text(version: Version) -> str:
    return f"{version[0]}.{version[1]}"
