"""Manifests of a cluster file are held against what the API server would say, at their line and column."""

from __future__ import annotations

import pytest

from app.core.errors import PodwalkError
from app.kube.clusterfile import load_cluster_text

HEAD = "{apiVersion: podwalk.dev/v1, kind: Cluster, spec: {kubernetesVersion: '%s', controllers: %s}}\n---\n"


def told(text: str, version: str = "1.34") -> list[str]:
    with pytest.raises(PodwalkError) as raised:
        load_cluster_text(HEAD % (version, "all") + text, "c.yaml")
    load_cluster_text(HEAD % (version, "none") + text, "c.yaml")
    return raised.value.headline().splitlines()


def test_every_kind_is_decoded_strictly() -> None:
    text = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replcas: 3
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: nginx, prots: []}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: m}
data: {n: 1}
"""
    assert told(text) == [
        "c.yaml:7:3: unknown field \"spec.replcas\"; did you mean 'replicas'?",
        "c.yaml:9:90: unknown field \"spec.template.spec.containers[0].prots\"; did you mean 'ports'?",
        "c.yaml:14:11: json: cannot unmarshal number into Go struct field ConfigMap.data of type string",
    ]


def test_what_is_invalid_is_told_at_its_place() -> None:
    text = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i}
spec:
  rules:
  - http:
      paths:
      - path: web
        pathType: Prefix
        backend: {service: {name: s}}
"""
    assert told(text) == [
        'c.yaml:10:15: The Ingress "i" is invalid: spec.rules[0].http.paths[0].path: Invalid value: "web": must be an '
        "absolute path",
        'c.yaml:12:18: The Ingress "i" is invalid: spec.rules[0].http.paths[0].backend: Required value: port name or '
        "number is required",
    ]


def test_a_version_that_the_cluster_does_not_serve_is_refused() -> None:
    text = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: i}\nspec: {backend: {serviceName: s, servicePort: 80}}\n"
    assert told(text) == ['c.yaml:3:13: no matches for kind "Ingress" in version "extensions/v1beta1"']
    load_cluster_text(HEAD % ("1.19", "all") + text, "c.yaml")


def test_a_kind_that_nobody_knows_is_kept() -> None:
    text = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: {anything: 1}\n"
    assert len(load_cluster_text(HEAD % ("1.34", "all") + text, "c.yaml").unacted) == 1


def test_pods_that_are_alike_are_each_looked_at_where_they_differ() -> None:
    one = "apiVersion: v1\nkind: Pod\nmetadata: {name: %s, labels: {app: %s}}\nspec: {containers: [{name: c, image: nginx}]}\n"
    text = "---\n".join([one % ("a", "x"), one % ("b", "y"), one % ("c", '"x y"')])
    (only,) = told(text)
    assert only.startswith('c.yaml:15:29: The Pod "c" is invalid: metadata.labels: Invalid value: "x y": a valid label')
