"""Make app/kube/data/schema.txt: facts of Kubernetes' API types from the JSON schemas of PyPI `kubernetes-validate`.

    pip download kubernetes-validate==1.37.0 --no-deps && unzip kubernetes_validate-*.whl
    python -m scripts.kube_schema kubernetes_validate/kubernetes-json-schema/v1.34.0-local/_definitions.json

Only facts are taken (names, types, merge keys, what is required), no descriptions. One type is a line with its name and
Go package, then a line a field:

    ServicePort core/v1
     port int32 required
     ports []ServicePort merge=port,protocol key=port
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

OUT = Path("app/kube/data/schema.txt")
HEAD = """\
# The types of Kubernetes 1.34's API, the kinds that podwalk serves and what they hold: names, types, merge keys.
# Facts from k8s.io/api by way of PyPI kubernetes-validate (Apache-2.0); made by scripts/kube_schema.py.
"""
SCALARS = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "IntOrString",
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "Quantity",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "Time",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "MicroTime",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
}
ROOTS = {
    "core.v1": "ConfigMap Endpoints Event Namespace Node Pod Secret ServiceAccount Service",
    "apps.v1": "DaemonSet Deployment ReplicaSet StatefulSet",
    "coordination.v1": "Lease",
    "discovery.v1": "EndpointSlice",
    "networking.v1": "Ingress IngressClass NetworkPolicy",
    "rbac.v1": "ClusterRoleBinding ClusterRole RoleBinding Role",
}
#: Types of one Go name in two packages: the second one of each is written with its package before it.
TAKEN: dict[str, str] = {}

Definitions = Mapping[str, Any]


def short(name: str) -> str:
    """Return the name that the file has for a type."""
    package, _, last = name.rpartition(".")
    owner = TAKEN.setdefault(last, package)
    return last if owner == package else f"{package.split('.')[-2]}.{last}"


def type_of(field: Mapping[str, Any], used: list[str]) -> str:
    """Return a field's type as the file writes it; types that it names are added to `used`."""
    if reference := field.get("$ref"):
        name = str(reference).rpartition("/")[2]
        if name in SCALARS:
            return SCALARS[name]
        used.append(name)
        return short(name)
    kinds = field.get("type", "any")
    kind = next((each for each in kinds if each != "null"), "any") if isinstance(kinds, list) else kinds
    if kind == "array":
        return f"[]{type_of(field['items'], used)}"
    if kind == "object" and isinstance(inner := field.get("additionalProperties"), dict):
        return f"{{}}{type_of(inner, used)}"
    if kind == "integer":
        return str(field.get("format", "int64"))
    return {"boolean": "bool", "number": "float64", "object": "any"}.get(
        kind, "bytes" if field.get("format") == "byte" else str(kind)
    )


def fields_of(definition: Mapping[str, Any], used: list[str]) -> Iterator[str]:
    """Yield the line of each field."""
    for name, field in sorted(definition.get("properties", {}).items()):
        words = [name, type_of(field, used)]
        if name in definition.get("required", ()):
            words.append("required")
        if strategy := field.get("x-kubernetes-patch-strategy"):
            words.append(f"patch={strategy}")
        if key := field.get("x-kubernetes-patch-merge-key"):
            words.append(f"key={key}")
        if keys := field.get("x-kubernetes-list-map-keys"):
            words.append(f"keys={','.join(keys)}")
        yield " " + " ".join(words)


def main() -> int:
    """Write the file."""
    loaded = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    definitions: Definitions = loaded.get("$defs") or loaded["definitions"]
    queue = [f"io.k8s.api.{package}.{kind}" for package, kinds in ROOTS.items() for kind in kinds.split()]
    done: dict[str, list[str]] = {}
    while queue:
        name = queue.pop(0)
        if name not in done:
            done[name] = list(fields_of(definitions[name], queue))
    lines = [HEAD.rstrip()]
    for name, fields in done.items():
        lines += [f"{short(name)} {'/'.join(name.split('.')[-3:-1])}", *fields]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
