"""Traefik behind a Service of type LoadBalancer, IngressClass `traefik`.

Source: traefik/traefik-helm-chart (defaults: entry points web 8000 and websecure 8443, allowEmptyServices, the
published Service). Our own minimal manifests.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.control.addons import Body, addons
from app.control.addons.parts import access, bare_pods, labelled, namespace
from app.kube.clusterspec import ClusterSpec

__all__ = ["traefik"]

NAME = NAMESPACE = "traefik"
IMAGE = "docker.io/traefik:v3.4"
LABELS = {"app.kubernetes.io/instance": "traefik-traefik", "app.kubernetes.io/name": "traefik"}
RULES = (
    ("", ("services", "secrets", "nodes"), ("get", "list", "watch")),
    ("discovery.k8s.io", ("endpointslices",), ("list", "watch")),
    ("networking.k8s.io", ("ingresses", "ingressclasses"), ("get", "list", "watch")),
    ("networking.k8s.io", ("ingresses/status",), ("update",)),
)
PROVIDER = "--providers.kubernetesingress"


@addons.register("traefik")
def traefik(spec: ClusterSpec) -> Sequence[Body]:
    """Return its objects."""
    deployment = labelled("apps/v1", "Deployment", NAME, NAMESPACE, LABELS) | {
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": LABELS},
            "template": {"metadata": {"labels": LABELS}, "spec": _pod_spec()},
        }
    }
    service = labelled("v1", "Service", NAME, NAMESPACE, LABELS) | {
        "spec": {
            "type": "LoadBalancer",
            "selector": LABELS,
            "ports": [
                {"name": "web", "port": 80, "targetPort": "web", "protocol": "TCP"},
                {"name": "websecure", "port": 443, "targetPort": "websecure", "protocol": "TCP"},
            ],
        }
    }
    return [
        namespace(NAMESPACE, LABELS),
        *access(NAME, NAMESPACE, LABELS, RULES),
        labelled("networking.k8s.io/v1", "IngressClass", "traefik", "", LABELS)
        | {"spec": {"controller": "traefik.io/ingress-controller"}},
        service,
        *bare_pods(spec, deployment),
    ]


def _pod_spec() -> Body:
    return {
        "serviceAccountName": NAME,
        "containers": [
            {
                "name": "traefik",
                "image": IMAGE,
                "args": [
                    "--entryPoints.traefik.address=:8080/tcp",
                    "--entryPoints.web.address=:8000/tcp",
                    "--entryPoints.websecure.address=:8443/tcp",
                    "--api.insecure=true",
                    "--ping=true",
                    PROVIDER,
                    f"{PROVIDER}.allowEmptyServices=true",
                    f"{PROVIDER}.ingressEndpoint.publishedService=traefik/traefik",
                ],
                "ports": [
                    {"name": "traefik", "containerPort": 8080, "protocol": "TCP"},
                    {"name": "web", "containerPort": 8000, "protocol": "TCP"},
                    {"name": "websecure", "containerPort": 8443, "protocol": "TCP"},
                ],
                "readinessProbe": {"httpGet": {"path": "/ping", "port": 8080}, "periodSeconds": 10},
            }
        ],
    }
