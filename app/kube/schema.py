"""The schema: which fields each kind has, of which Go types, how lists merge, which words are legal.

The data is data/schema.txt (made by scripts/kube_schema.py from Kubernetes 1.34); enums and the types of older API
versions stand here, because no published snapshot has them. Source: k8s.io/api, types.go of each group (`+enum`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from app.kube.scheme import find_kind

DATA = Path(__file__).with_name("data") / "schema.txt"

OLDER = """\
v1beta1.Ingress networking/v1beta1
 apiVersion string
 kind string
 metadata ObjectMeta
 spec v1beta1.IngressSpec
 status IngressStatus
v1beta1.IngressSpec networking/v1beta1
 backend v1beta1.IngressBackend
 ingressClassName string
 rules []v1beta1.IngressRule
 tls []IngressTLS
v1beta1.IngressRule networking/v1beta1
 host string
 http v1beta1.HTTPIngressRuleValue
v1beta1.HTTPIngressRuleValue networking/v1beta1
 paths []v1beta1.HTTPIngressPath required
v1beta1.HTTPIngressPath networking/v1beta1
 backend v1beta1.IngressBackend required
 path string
 pathType string
v1beta1.IngressBackend networking/v1beta1
 resource TypedLocalObjectReference
 serviceName string
 servicePort IntOrString
v1beta1.EndpointSlice discovery/v1beta1
 addressType string required
 apiVersion string
 endpoints []v1beta1.Endpoint required
 kind string
 metadata ObjectMeta
 ports []EndpointPort
v1beta1.Endpoint discovery/v1beta1
 addresses []string required
 conditions EndpointConditions
 hints EndpointHints
 hostname string
 nodeName string
 targetRef ObjectReference
 topology {}string
"""

ENUMS: Mapping[str, tuple[str, ...]] = {
    name: tuple(values.split())
    for name, values in {
        "Container.imagePullPolicy": "Always IfNotPresent Never",
        "Container.terminationMessagePolicy": "FallbackToLogsOnError File",
        "ContainerPort.protocol": "SCTP TCP UDP",
        "core.EndpointPort.protocol": "SCTP TCP UDP",
        "DaemonSetUpdateStrategy.type": "OnDelete RollingUpdate",
        "DeploymentStrategy.type": "Recreate RollingUpdate",
        "EndpointPort.protocol": "SCTP TCP UDP",
        "EndpointSlice.addressType": "FQDN IPv4 IPv6",
        "HTTPGetAction.scheme": "HTTP HTTPS",
        "HTTPIngressPath.pathType": "Exact ImplementationSpecific Prefix",
        "LabelSelectorRequirement.operator": "DoesNotExist Exists In NotIn",
        "NamespaceStatus.phase": "Active Terminating",
        "NetworkPolicyPort.protocol": "SCTP TCP UDP",
        "NetworkPolicySpec.policyTypes": "Egress Ingress",
        "NodeSelectorRequirement.operator": "DoesNotExist Exists Gt In Lt NotIn",
        "NodeStatus.phase": "Pending Running Terminated",
        "PodSpec.dnsPolicy": "ClusterFirst ClusterFirstWithHostNet Default None",
        "PodSpec.preemptionPolicy": "Never PreemptLowerPriority",
        "PodSpec.restartPolicy": "Always Never OnFailure",
        "PodStatus.phase": "Failed Pending Running Succeeded Unknown",
        "PodStatus.qosClass": "BestEffort Burstable Guaranteed",
        "PortStatus.protocol": "SCTP TCP UDP",
        "SeccompProfile.type": "Localhost RuntimeDefault Unconfined",
        "ServicePort.protocol": "SCTP TCP UDP",
        "ServiceSpec.externalTrafficPolicy": "Cluster Local",
        "ServiceSpec.internalTrafficPolicy": "Cluster Local",
        "ServiceSpec.ipFamilies": "IPv4 IPv6",
        "ServiceSpec.ipFamilyPolicy": "PreferDualStack RequireDualStack SingleStack",
        "ServiceSpec.sessionAffinity": "ClientIP None",
        "ServiceSpec.type": "ClusterIP ExternalName LoadBalancer NodePort",
        "StatefulSetSpec.podManagementPolicy": "OrderedReady Parallel",
        "StatefulSetUpdateStrategy.type": "OnDelete RollingUpdate",
        "Taint.effect": "NoExecute NoSchedule PreferNoSchedule",
        "Toleration.effect": "NoExecute NoSchedule PreferNoSchedule",
        "Toleration.operator": "Equal Exists",
        "TopologySpreadConstraint.whenUnsatisfiable": "DoNotSchedule ScheduleAnyway",
    }.items()
}
"""Legal words in the order in which messages and `kubectl explain` list them."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a type. `type` is Go's: `int32`, `[]ServicePort`, `{}string` (a map), `IntOrString`.

    `merge_key` is by which key a strategic merge tells list items apart; `patch` its strategies (`merge`,
    `retainKeys`); `map_keys` are those of server-side apply.
    """

    name: str
    type: str
    owner: str
    required: bool = False
    patch: frozenset[str] = frozenset()
    merge_key: str = ""
    map_keys: tuple[str, ...] = ()

    @property
    def is_list(self) -> bool:
        """Whether it holds a list."""
        return self.type.startswith("[]")

    @property
    def is_map(self) -> bool:
        """Whether it holds a map with keys of the user's own."""
        return self.type.startswith("{}")

    @property
    def element(self) -> str:
        """The type without list and map around it."""
        return self.type.replace("[]", "").replace("{}", "")

    @property
    def struct(self) -> Type | None:
        """The type of its fields; None if it holds no fields."""
        return _types().get(self.element)

    @property
    def enum(self) -> tuple[str, ...]:
        """The legal words; empty if there is no such list."""
        return ENUMS.get(f"{self.owner}.{self.name}", ())


@dataclass(frozen=True, slots=True)
class Type:
    """A struct of the API. `package` is like `core/v1`."""

    name: str
    package: str
    fields: dict[str, Field] = field(default_factory=dict)

    @property
    def go_name(self) -> str:
        """The type's own name, as messages of the JSON decoder write it."""
        return self.name.rpartition(".")[2]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the fields that must be there."""
        return tuple(name for name, each in self.fields.items() if each.required)

    def field(self, path: tuple[str | int, ...]) -> Field | None:
        """Return the field at a path (list indices do not count); None if there is none."""
        inside: Type | None = self
        found: Field | None = None
        for step in path:
            if isinstance(step, int):
                continue
            found = inside.fields.get(step) if inside else None
            if found is None:
                return None
            inside = found.struct
        return found


class Schema:
    """The schema of each kind."""

    @staticmethod
    def of(kind: str, api_version: str = "") -> Type:
        """Return the type of a kind (in an older version of its API); KeyError if there is none."""
        types = _types()
        known = find_kind(kind)
        if known and api_version and api_version != known.api_version:
            return types.get(f"{api_version.rpartition('/')[2]}.{kind}") or types[kind]
        return types[kind]

    @staticmethod
    def type(name: str) -> Type:
        """Return a type by its name, e.g. `ServicePort`; KeyError if there is none."""
        return _types()[name]


@cache
def _types() -> dict[str, Type]:
    types: dict[str, Type] = {}
    at = Type("", "")
    for line in (*DATA.read_text(encoding="utf-8").splitlines(), *OLDER.splitlines()):
        if line.startswith("#"):
            continue
        words = line.split()
        if line.startswith(" "):
            at.fields[words[0]] = _field(at.name, words)
        else:
            at = types[words[0]] = Type(words[0], words[1])
    return types


def _field(owner: str, words: list[str]) -> Field:
    name, kind, *rest = words
    if not rest:
        return Field(name, kind, owner)
    options = dict(word.split("=", 1) for word in rest if "=" in word)
    return Field(
        name,
        kind,
        owner,
        "required" in rest,
        frozenset(options["patch"].split(",")) if "patch" in options else frozenset(),
        options.get("key", ""),
        tuple(options["keys"].split(",")) if "keys" in options else (),
    )
