"""What the API server fills in and refuses, in its own words."""

from __future__ import annotations

from typing import Any

import pytest

from app.kube.poddefaults import qos
from app.kube.schema import Schema
from tests.unit.kube.test_api import pod, refusal, server


def service(name: str = "web", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}], **spec},
    }


def deployment(**spec: Any) -> dict[str, Any]:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def ingress(**path: Any) -> dict[str, Any]:
    backend = {"service": {"name": "service1", "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend, **path}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "test"},
        "spec": {"rules": [{"host": "www.yuchaoit.cn", "http": {"paths": paths}}]},
    }


STRICT = 'Service in version "v1" cannot be handled as a Service: '


def test_unknown_fields_are_told_all_at_once() -> None:
    body = service(selctor={"app": "web"}, ports=[{"port": 80, "nam": "x"}])
    assert refusal(server().create, body) == (
        f'BadRequest: {STRICT}strict decoding error: unknown field "spec.ports[0].nam", unknown field "spec.selctor"'
    )


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            service(ports=[{"port": "80"}]),
            f"{STRICT}json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32",
        ),
        (
            service(ports={"port": 80}),
            f"{STRICT}json: cannot unmarshal object into Go struct field ServiceSpec.spec.ports of type []v1.ServicePort",
        ),
        (
            {**pod(), "metadata": {"name": "x", "labels": {"a": 1}}},
            'Pod in version "v1" cannot be handled as a Pod: '
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        (
            {**pod(), "spec": "x"},
            'Pod in version "v1" cannot be handled as a Pod: '
            "json: cannot unmarshal string into Go struct field Pod.spec of type v1.PodSpec",
        ),
        (
            deployment(replicas=1.5),
            'Deployment in version "v1" cannot be handled as a Deployment: '
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            pod(containers=[{"name": "c", "image": "i", "resources": {"limits": {"cpu": "lots"}}}]),
            'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression '
            "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        ),
    ],
)
def test_wrong_types_are_told_as_the_json_decoder_does(body: dict[str, Any], words: str) -> None:
    assert refusal(server().create, body) == f"BadRequest: {words}"


def test_unknown_fields_can_be_warned_about_or_ignored() -> None:
    api = server()
    made = api.create(service(selctor=1), validation="Warn")
    assert api.take_warnings() == ('unknown field "spec.selctor"',)
    assert "selctor" not in made.body["spec"]
    api.create(service("other", selctor=1), validation="Ignore")
    assert api.take_warnings() == ()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            service(ports=[{"port": 99999, "targetPort": 80}]),
            'Service "web" is invalid: spec.ports[0].port: Invalid value: 99999: must be between 1 and 65535, inclusive',
        ),
        (service(ports=[]), 'Service "web" is invalid: spec.ports: Required value'),
        (
            service(type="Nodeport"),
            'Service "web" is invalid: spec.type: Unsupported value: "Nodeport": supported values: "ClusterIP", '
            '"ExternalName", "LoadBalancer", "NodePort"',
        ),
        (
            service(ports=[{"port": 80}, {"port": 443}]),
            'Service "web" is invalid: [spec.ports[0].name: Required value, spec.ports[1].name: Required value]',
        ),
        (
            service(ports=[{"port": 80, "nodePort": 30120}]),
            "Service \"web\" is invalid: spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        ),
        (
            service(type="NodePort", ports=[{"port": 80, "nodePort": 80}]),
            'Service "web" is invalid: spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid '
            "range. The range of valid ports is 30000-32767",
        ),
        (
            service(type="NodePort", clusterIP="None"),
            'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for '
            "NodePort services",
        ),
        (
            service(externalTrafficPolicy="Local"),
            'Service "web" is invalid: spec.externalTrafficPolicy: Invalid value: "Local": may only be set for '
            "externally-accessible services",
        ),
        (
            service("1web"),
            'Service "1web" is invalid: metadata.name: Invalid value: "1web": a DNS-1035 label must consist of lower '
            "case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric "
            "character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
        ),
        (
            deployment(selector={"matchLabels": {"app": "other"}}),
            'Deployment.apps "web" is invalid: spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` '
            "does not match template `labels`",
        ),
        (
            deployment(replicas=-1),
            'Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0',
        ),
        (
            ingress(pathType=None),
            'Ingress.networking.k8s.io "test" is invalid: spec.rules[0].http.paths[0].pathType: Required value: '
            "pathType must be specified",
        ),
        (
            ingress(path="foo"),
            'Ingress.networking.k8s.io "test" is invalid: spec.rules[0].http.paths[0].path: Invalid value: "foo": must '
            "be an absolute path",
        ),
        (pod(containers=[]), 'Pod "web" is invalid: spec.containers: Required value'),
        (
            pod(containers=[{"name": "c"}]),
            'Pod "web" is invalid: spec.containers[0].image: Required value',
        ),
        (
            pod(containers=[{"name": "c", "image": "i", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]),
            'Pod "web" is invalid: spec.containers[0].volumeMounts[0].name: Not found: "v"',
        ),
        (
            pod(
                containers=[
                    {"name": "c", "image": "i", "resources": {"limits": {"cpu": "100m"}, "requests": {"cpu": "1"}}}
                ]
            ),
            'Pod "web" is invalid: spec.containers[0].resources.requests: Invalid value: "1": must be less than or '
            "equal to cpu limit of 100m",
        ),
        (
            pod(containers=[{"name": "c", "image": "i", "livenessProbe": {}}]),
            'Pod "web" is invalid: spec.containers[0].livenessProbe: Required value: must specify a handler type',
        ),
    ],
)
def test_what_cannot_be_is_invalid_with_its_path(body: dict[str, Any], words: str) -> None:
    assert refusal(server().create, body) == f"Invalid: {words}"


def test_a_pod_is_filled_in() -> None:
    spec = server().create(pod(hostNetwork=True)).body["spec"]
    assert (spec["dnsPolicy"], spec["restartPolicy"], spec["serviceAccountName"]) == (
        "ClusterFirst",
        "Always",
        "default",
    )
    assert spec["containers"][0]["imagePullPolicy"] == "Always"
    assert [each["key"] for each in spec["tolerations"]] == [
        "node.kubernetes.io/not-ready",
        "node.kubernetes.io/unreachable",
    ]
    assert spec["volumes"][0]["name"].startswith("kube-api-access-")


def test_a_workload_is_filled_in_and_the_same_again_changes_nothing() -> None:
    api = server()
    made = api.create(deployment())
    spec = made.body["spec"]
    assert (spec["replicas"], spec["revisionHistoryLimit"]) == (1, 10)
    assert spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
    assert api.update(deployment()) is made


def test_services_are_given_addresses_and_ports_in_order_and_get_them_back() -> None:
    api = server()
    first = api.create(service("a"))
    second = api.create(service("b", type="NodePort"))
    assert (first.body["spec"]["clusterIP"], second.body["spec"]["clusterIP"]) == ("10.1.0.2", "10.1.0.3")
    assert second.body["spec"]["ports"][0]["nodePort"] == 30000
    asked = service("c", clusterIP="10.1.0.3")
    assert refusal(api.create, asked) == (
        'Invalid: Service "c" is invalid: spec.clusterIPs: Invalid value: ["10.1.0.3"]: failed to allocate IP 10.1.0.3: '
        "provided IP is already allocated"
    )
    api.delete("Service", "b")
    assert api.create(asked).body["spec"]["clusterIP"] == "10.1.0.3"
    assert refusal(api.patch, "Service", "c", "", {"spec": {"clusterIP": "10.1.0.9", "clusterIPs": None}}, "merge") == (
        'Invalid: Service "c" is invalid: spec.clusterIPs[0]: Invalid value: ["10.1.0.9"]: may not change once set'
    )


def test_a_service_changes_its_type_and_keeps_its_address() -> None:
    api = server()
    made = api.create(service())
    opened = api.patch("Service", "web", "", {"spec": {"type": "NodePort"}}, "strategic")
    assert opened.body["spec"]["clusterIP"] == made.body["spec"]["clusterIP"]
    assert opened.body["spec"]["ports"][0]["nodePort"] == 30000
    closed = api.patch("Service", "web", "", {"spec": {"type": "ClusterIP"}}, "strategic")
    assert "nodePort" not in closed.body["spec"]["ports"][0]
    assert "externalTrafficPolicy" not in closed.body["spec"]


def test_a_dry_run_takes_no_address() -> None:
    api = server()
    assert api.create(service(), dry_run=True).body["spec"]["clusterIP"] == "10.1.0.2"
    assert api.create(service("a")).body["spec"]["clusterIP"] == "10.1.0.3"
    assert api.create(service("b", clusterIP="10.1.0.2")).name == "b"


def test_containers_merge_by_name_and_a_new_one_stands_first() -> None:
    api = server()
    api.create(deployment())
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "d", "image": "redis"}]}}}}
    containers = api.patch("Deployment", "web", "", patch).body["spec"]["template"]["spec"]["containers"]
    assert [(each["name"], each["image"]) for each in containers] == [("d", "redis"), ("c", "nginx")]
    gone = {"spec": {"template": {"spec": {"containers": [{"$patch": "delete", "name": "c"}]}}}}
    containers = api.patch("Deployment", "web", "", gone).body["spec"]["template"]["spec"]["containers"]
    assert [each["name"] for each in containers] == ["d"]


def test_a_json_patch_does_its_operations_or_none() -> None:
    api = server()
    api.create(deployment())
    made = api.patch("Deployment", "web", "", [{"op": "replace", "path": "/spec/replicas", "value": 4}], "json")
    assert made.body["spec"]["replicas"] == 4
    wrong = [{"op": "remove", "path": "/spec/none"}]
    assert refusal(api.patch, "Deployment", "web", "", wrong, "json") == (
        "Invalid: the server rejected our request due to an error in our request"
    )


def test_a_patch_with_an_unknown_field_is_refused_in_a_patchs_words() -> None:
    api = server()
    api.create(deployment())
    assert refusal(api.patch, "Deployment", "web", "", {"spec": {"volumes": 1}}) == (
        'Invalid:  "" is invalid: patch: Invalid value: "map[spec:map[volumes:1]]": strict decoding error: unknown '
        'field "spec.volumes"'
    )


def test_what_may_not_change_is_refused() -> None:
    api = server()
    api.create(deployment())
    api.create(pod())
    both = {"spec": {"selector": {"matchLabels": {"app": "x"}}, "template": {"metadata": {"labels": {"app": "x"}}}}}
    assert refusal(api.patch, "Deployment", "web", "", both, "merge") == (
        'Invalid: Deployment.apps "web" is invalid: spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is '
        "immutable"
    )
    assert "pod updates may not change fields other than" in refusal(
        api.patch, "Pod", "web", "", {"spec": {"dnsPolicy": "Default"}}, "merge"
    )


def test_old_versions_are_served_by_old_clusters_alone() -> None:
    old = server(kubernetesVersion="1.19")
    body = {
        "apiVersion": "extensions/v1beta1",
        "kind": "Ingress",
        "metadata": {"name": "i"},
        "spec": {"rules": [{"http": {"paths": [{"backend": {"serviceName": "s", "servicePort": 80}}]}}]},
    }
    made = old.create(body)
    assert old.take_warnings() == (
        "extensions/v1beta1 Ingress is deprecated in v1.14+, unavailable in v1.22+; use networking.k8s.io/v1 Ingress",
    )
    assert made.api_version == "networking.k8s.io/v1"
    assert made.body["spec"]["rules"][0]["http"]["paths"][0]["backend"] == {
        "service": {"name": "s", "port": {"number": 80}}
    }
    assert refusal(server().create, body) == ('NoMatch: no matches for kind "Ingress" in version "extensions/v1beta1"')


def test_a_watch_starts_from_a_resource_version() -> None:
    api = server()
    first = api.create(pod())
    api.create(pod("other"))
    seen: list[tuple[str, str]] = []
    stop = api.watch(lambda event: seen.append((event.type, event.object.name)), "Pod", since=first.resource_version)
    api.delete("Pod", "other")
    stop()
    assert seen == [("ADDED", "other"), ("DELETED", "other")]


def test_the_schema_knows_types_merge_keys_and_words() -> None:
    field = Schema.of("Service").field(("spec", "ports"))
    assert field is not None
    assert (field.merge_key, field.map_keys, field.element) == ("port", ("port", "protocol"), "ServicePort")
    kind = Schema.of("Service").field(("spec", "type"))
    assert kind is not None
    assert kind.enum == ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort")
    assert Schema.of("ConfigMap").field(("spec",)) is None


BOTH = {"cpu": "100m", "memory": "64Mi"}


@pytest.mark.parametrize(
    ("containers", "init", "wanted"),
    [
        ([{}], [], "BestEffort"),
        ([{"requests": {"ephemeral-storage": "1Gi"}}], [], "BestEffort"),
        ([{"requests": BOTH}], [], "Burstable"),
        ([{"limits": BOTH, "requests": BOTH}], [], "Guaranteed"),
        ([{"limits": BOTH, "requests": {**BOTH, "ephemeral-storage": "1Gi"}}], [], "Guaranteed"),
        ([{"limits": BOTH, "requests": BOTH}], [{}], "Burstable"),
    ],
)
def test_the_qos_class_counts_cpu_and_memory_of_all_containers(
    containers: list[dict[str, Any]], init: list[dict[str, Any]], wanted: str
) -> None:
    parts = {"containers": containers, "initContainers": init}
    assert qos({"spec": {name: [{"resources": each} for each in found] for name, found in parts.items()}}) == wanted
