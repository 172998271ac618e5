"""The admission plugin DefaultIngressClass."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.errors import Mark
from app.kube.ingressclass import with_default_class
from app.kube.objects import Metadata, Object
from app.kube.status import StatusError


def marked(name: str, created: str = "", is_default: str = "true") -> Object:
    annotations = {"ingressclass.kubernetes.io/is-default-class": is_default}
    body = {"metadata": {"name": name, "creationTimestamp": created}}
    return Object("IngressClass", "networking.k8s.io/v1", Metadata(name, "", {}, annotations), body, Mark("t", 1, 1))


def ingress(**spec: Any) -> dict[str, Any]:
    return {"kind": "Ingress", "metadata": {"name": "web"}, "spec": spec}


def test_the_default_class_is_given_to_an_ingress_that_names_none() -> None:
    classes = [marked("a", is_default="false"), marked("b")]
    assert with_default_class(ingress(), classes, (1, 34))["spec"] == {"ingressClassName": "b"}
    assert with_default_class(ingress(ingressClassName="a"), classes, (1, 34))["spec"] == {"ingressClassName": "a"}
    assert with_default_class(ingress(), classes[:1], (1, 34))["spec"] == {}
    annotated = ingress()
    annotated["metadata"]["annotations"] = {"kubernetes.io/ingress.class": "x"}
    assert with_default_class(annotated, classes, (1, 34))["spec"] == {}


def test_of_several_the_newest_is_taken_and_before_1_26_none() -> None:
    classes = [marked("a", "2026-01-01T00:00:00Z"), marked("b", "2026-01-01T00:00:01Z"), marked("c")]
    assert with_default_class(ingress(), classes, (1, 26))["spec"] == {"ingressClassName": "b"}
    with pytest.raises(
        StatusError, match=r'ingresses.networking.k8s.io "web" is forbidden: .* 3 default IngressClasses'
    ):
        with_default_class(ingress(), classes, (1, 25))
