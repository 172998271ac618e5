"""CoreDNS as kubeadm installs it: two replicas behind the Service kube-dns, with Kubernetes' own Corefile.

Source: Kubernetes cmd/kubeadm/app/phases/addons/dns/manifests.go, addons/dns/coredns. Our own minimal manifests.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.control.addons import Body, addons
from app.control.addons.parts import access, bare_pods, labelled
from app.kube.clusterspec import ClusterSpec
from app.workloads.dns.corefile import default_corefile

__all__ = ["coredns"]

NAME, NAMESPACE, SERVICE = "coredns", "kube-system", "kube-dns"
LABELS = {"k8s-app": "kube-dns"}
RULES = (
    ("", ("endpoints", "services", "pods", "namespaces"), ("list", "watch")),
    ("discovery.k8s.io", ("endpointslices",), ("list", "watch")),
)
#: The image that kubeadm of each version installs (cmd/kubeadm/app/constants, CoreDNSVersion), from that version on.
IMAGES = (
    ((1, 34), "registry.k8s.io/coredns/coredns:v1.12.1"),
    ((1, 33), "registry.k8s.io/coredns/coredns:v1.12.0"),
    ((1, 31), "registry.k8s.io/coredns/coredns:v1.11.3"),
    ((1, 25), "registry.k8s.io/coredns/coredns:v1.9.3"),
    ((1, 21), "registry.k8s.io/coredns/coredns:v1.8.0"),
    ((1, 19), "k8s.gcr.io/coredns:1.7.0"),
    ((0, 0), "k8s.gcr.io/coredns:1.6.7"),
)


@addons.register("coredns")
def coredns(spec: ClusterSpec) -> Sequence[Body]:
    """Return its objects."""
    deployment = labelled("apps/v1", "Deployment", NAME, NAMESPACE, LABELS) | {
        "spec": {
            "replicas": 2,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": _pod_spec(spec)},
        }
    }
    config = labelled("v1", "ConfigMap", NAME, NAMESPACE, {}) | {
        "data": {"Corefile": default_corefile(spec.cluster_domain)}
    }
    del config["metadata"]["labels"]
    return [*access(NAME, NAMESPACE, {}, RULES), config, _service(spec), *bare_pods(spec, deployment)]


def _service(spec: ClusterSpec) -> Body:
    labels = {**LABELS, "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"}
    address = str(spec.dns_service_ip)
    return labelled("v1", "Service", SERVICE, NAMESPACE, labels) | {
        "spec": {
            "type": "ClusterIP",
            "clusterIP": address,
            "clusterIPs": [address],
            "selector": LABELS,
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
                {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153},
            ],
        }
    }


def _pod_spec(spec: ClusterSpec) -> Body:
    image = next(image for since, image in IMAGES if spec.version_numbers >= since)
    return {
        "serviceAccountName": NAME,
        "priorityClassName": "system-cluster-critical",
        "dnsPolicy": "Default",
        "tolerations": [
            {"key": "CriticalAddonsOnly", "operator": "Exists"},
            {"key": "node-role.kubernetes.io/master", "effect": "NoSchedule"},
            {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
        ],
        "containers": [
            {
                "name": NAME,
                "image": image,
                "args": ["-conf", "/etc/coredns/Corefile"],
                "ports": [
                    {"name": "dns", "containerPort": 53, "protocol": "UDP"},
                    {"name": "dns-tcp", "containerPort": 53, "protocol": "TCP"},
                    {"name": "metrics", "containerPort": 9153, "protocol": "TCP"},
                ],
                "resources": {"limits": {"memory": "170Mi"}, "requests": {"cpu": "100m", "memory": "70Mi"}},
                "livenessProbe": {
                    "httpGet": {"path": "/health", "port": 8080, "scheme": "HTTP"},
                    "initialDelaySeconds": 60,
                    "timeoutSeconds": 5,
                    "successThreshold": 1,
                    "failureThreshold": 5,
                },
                "readinessProbe": {"httpGet": {"path": "/ready", "port": 8181, "scheme": "HTTP"}},
                "volumeMounts": [{"name": "config-volume", "mountPath": "/etc/coredns", "readOnly": True}],
            }
        ],
        "volumes": [
            {"name": "config-volume", "configMap": {"name": NAME, "items": [{"key": "Corefile", "path": "Corefile"}]}}
        ],
    }
