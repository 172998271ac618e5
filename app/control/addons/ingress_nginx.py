"""ingress-nginx on the control-plane nodes' own ports 80 and 443, IngressClass `nginx`.

A DaemonSet with hostNetwork, as the project's documentation has it for bare-metal clusters. Source:
kubernetes/ingress-nginx deploy/static/provider/baremetal, docs/deploy/baremetal.md ("Via the host network"). Our own
minimal manifests: no admission webhook, no leases, no metrics.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.control.addons import Body, addons
from app.control.addons.parts import access, bare_pods, labelled, namespace
from app.kube.clusterspec import ClusterSpec

__all__ = ["ingress_nginx"]

NAME, NAMESPACE = "ingress-nginx-controller", "ingress-nginx"
IMAGE = "registry.k8s.io/ingress-nginx/controller:v1.12.1"
LABELS = {
    "app.kubernetes.io/component": "controller",
    "app.kubernetes.io/instance": "ingress-nginx",
    "app.kubernetes.io/name": "ingress-nginx",
}
RULES = (
    ("", ("configmaps", "endpoints", "nodes", "pods", "secrets", "namespaces", "services"), ("list", "watch")),
    ("", ("events",), ("create", "patch")),
    ("discovery.k8s.io", ("endpointslices",), ("list", "watch", "get")),
    ("networking.k8s.io", ("ingresses", "ingressclasses"), ("get", "list", "watch")),
    ("networking.k8s.io", ("ingresses/status",), ("update",)),
)


@addons.register("ingress-nginx")
def ingress_nginx(spec: ClusterSpec) -> Sequence[Body]:
    """Return its objects."""
    daemon_set = labelled("apps/v1", "DaemonSet", NAME, NAMESPACE, LABELS) | {
        "spec": {
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": _pod_spec(spec)},
        }
    }
    return [
        namespace(NAMESPACE, LABELS),
        *access(NAMESPACE, NAMESPACE, LABELS, RULES),
        labelled("v1", "ConfigMap", NAME, NAMESPACE, LABELS) | {"data": {}},
        labelled("networking.k8s.io/v1", "IngressClass", "nginx", "", LABELS)
        | {"spec": {"controller": "k8s.io/ingress-nginx"}},
        *bare_pods(spec, daemon_set),
    ]


def _pod_spec(spec: ClusterSpec) -> Body:
    role = (
        "node-role.kubernetes.io/control-plane" if spec.version_numbers >= (1, 20) else "node-role.kubernetes.io/master"
    )
    return {
        "serviceAccountName": NAMESPACE,
        "hostNetwork": True,
        "dnsPolicy": "ClusterFirstWithHostNet",
        "nodeSelector": {role: ""},
        "tolerations": [{"key": role, "operator": "Exists", "effect": "NoSchedule"}],
        "terminationGracePeriodSeconds": 300,
        "containers": [
            {
                "name": "controller",
                "image": IMAGE,
                "args": [
                    "/nginx-ingress-controller",
                    "--controller-class=k8s.io/ingress-nginx",
                    "--ingress-class=nginx",
                    "--configmap=$(POD_NAMESPACE)/ingress-nginx-controller",
                    "--report-node-internal-ip-address",
                ],
                "env": [
                    {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                    {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
                ],
                "ports": [
                    {"name": "http", "containerPort": 80, "protocol": "TCP"},
                    {"name": "https", "containerPort": 443, "protocol": "TCP"},
                ],
                "readinessProbe": {"httpGet": {"path": "/healthz", "port": 10254}, "periodSeconds": 10},
            }
        ],
    }
