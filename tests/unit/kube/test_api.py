"""The API server over the store: create, get, list, update, patch, delete, bind, events."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.kube.api import ApiServer
from app.kube.clusterspec import ClusterSpec
from app.kube.fieldselectors import FieldSelector
from app.kube.objects import Pod
from app.kube.selectors import Selector
from app.kube.status import StatusError
from app.kube.store import Store


class Present:
    """The model's present, as a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def server(**spec: Any) -> ApiServer:
    return ApiServer(ClusterSpec.model_validate(spec), Store(), Present())


def pod(name: str = "web", **spec: Any) -> dict[str, Any]:
    containers = [{"name": "c", "image": "nginx"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": containers, **spec},
    }


def refusal(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(StatusError) as raised:
        call(*arguments, **options)
    return f"{raised.value.reason}: {raised.value.message}"


def test_a_pod_is_created_typed_and_with_what_the_server_writes() -> None:
    api = server()
    found = api.create(pod())
    assert isinstance(found, Pod)
    metadata = found.body["metadata"]
    assert metadata["namespace"] == "default"
    assert metadata["creationTimestamp"] == "2026-01-01T00:00:00Z"
    assert metadata["resourceVersion"] == str(found.resource_version)
    assert len(metadata["uid"]) == 36
    assert found.body["status"]["phase"] == "Pending"
    assert api.get("Pod", "web") is found


def test_refusals_are_kubernetes_own_words() -> None:
    api = server()
    api.create(pod())
    assert refusal(api.get, "Pod", "none") == 'NotFound: pods "none" not found'
    assert refusal(api.get, "Deployment", "none") == 'NotFound: deployments.apps "none" not found'
    assert refusal(api.create, pod()) == 'AlreadyExists: pods "web" already exists'
    assert refusal(api.create, pod(), "yuchaoit") == 'NotFound: namespaces "yuchaoit" not found'
    old = {"apiVersion": "extensions/v1beta1", "kind": "Ingress", "metadata": {"name": "x"}}
    assert refusal(api.create, old) == 'NoMatch: no matches for kind "Ingress" in version "extensions/v1beta1"'


def test_an_old_resource_version_is_a_conflict() -> None:
    api = server()
    first = api.create(pod())
    api.patch("Pod", "web", "default", {"metadata": {"labels": {"tier": "a"}}}, "merge")
    assert refusal(api.update, first.body).startswith(
        'Conflict: Operation cannot be fulfilled on pods "web": the object'
    )


def test_a_patch_changes_and_the_same_again_does_not() -> None:
    api = server()
    api.create(pod())
    changed = api.patch("Pod", "web", "default", {"metadata": {"labels": {"app": None, "tier": "a"}}}, "merge")
    assert changed.metadata.labels == {"tier": "a"}
    assert api.patch("Pod", "web", "default", {"metadata": {"labels": {"tier": "a"}}}, "merge") is changed


def test_status_is_written_by_its_subresource_alone() -> None:
    api = server()
    api.create(pod())
    api.patch("Pod", "web", "default", {"status": {"phase": "Running"}}, "merge")
    assert api.get("Pod", "web").body["status"]["phase"] == "Pending"
    api.patch("Pod", "web", "default", {"status": {"phase": "Running"}}, "merge", subresource="status")
    assert api.get("Pod", "web").body["status"]["phase"] == "Running"


def test_lists_by_label_and_field() -> None:
    api = server()
    for name in ("b", "a"):
        api.create(pod(name))
    api.bind("default", "a", "n1")
    assert [each.name for each in api.list("Pod")] == ["a", "b"]
    assert [each.name for each in api.list("Pod", "default", Selector.parse("app=b"))] == ["b"]
    assert [each.name for each in api.list("Pod", fields=FieldSelector.parse("spec.nodeName=n1"))] == ["a"]
    assert [each.name for each in api.list("Pod", fields=FieldSelector.parse("spec.nodeName!=n1"))] == ["b"]
    assert "field label not supported: spec.foo" in refusal(api.list, "Pod", fields=FieldSelector.parse("spec.foo=1"))


def test_a_pod_on_a_node_ends_gracefully_another_at_once() -> None:
    api = server()
    api.create(pod())
    api.delete("Pod", "web")
    assert api.find("Pod", "web") is None
    api.create(pod())
    api.bind("default", "web", "n1")
    api.delete("Pod", "web")
    metadata = api.get("Pod", "web").body["metadata"]
    assert (metadata["deletionTimestamp"], metadata["deletionGracePeriodSeconds"]) == ("2026-01-01T00:00:30Z", 30)
    api.delete("Pod", "web", grace_seconds=0)
    assert api.find("Pod", "web") is None


def test_finalizers_are_waited_for() -> None:
    api = server()
    given = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "finalizers": ["a/b"]}}
    api.create(given)
    api.delete("ConfigMap", "m")
    assert "deletionTimestamp" in api.get("ConfigMap", "m").body["metadata"]
    api.patch("ConfigMap", "m", "default", {"metadata": {"finalizers": None}}, "merge")
    assert api.find("ConfigMap", "m") is None


def test_a_namespace_waits_for_its_content() -> None:
    api = server()
    api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "yuchaoit"}})
    api.delete("Namespace", "yuchaoit")
    assert api.get("Namespace", "yuchaoit").body["status"]["phase"] == "Terminating"
    assert refusal(api.create, pod(), "yuchaoit") == (
        'Forbidden: pods "web" is forbidden: unable to create new content in namespace yuchaoit '
        "because it is being terminated"
    )
    api.finalize("Namespace", "yuchaoit")
    assert api.find("Namespace", "yuchaoit") is None


def test_an_event_that_repeats_is_counted() -> None:
    api = server()
    about = api.create(pod())
    for _ in range(3):
        api.record_event(about, "Warning", "FailedScheduling", "0/3 nodes are available", "default-scheduler")
    api.record_event(about, "Normal", "Scheduled", "Successfully assigned", "default-scheduler")
    events = api.list("Event", fields=FieldSelector.equal(involvedObject__name="web", type="Warning"))
    assert [each.body["count"] for each in events] == [3]
    assert len(api.list("Event")) == 2


def test_a_dry_run_stores_nothing() -> None:
    api = server()
    assert api.create(pod(), dry_run=True).name == "web"
    assert api.find("Pod", "web") is None


def test_scale_sets_replicas() -> None:
    api = server()
    template = {"metadata": {"labels": {"app": "x"}}, "spec": pod()["spec"]}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": "x"}}, "template": template}
    api.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "x"}, "spec": spec})
    scaled = api.patch("Deployment", "x", "default", {"spec": {"replicas": 3}}, "merge", subresource="scale")
    assert scaled.body["spec"]["replicas"] == 3
    assert scaled.body["metadata"]["generation"] == 2
    assert refusal(api.patch, "Pod", "none", "", {}) == 'NotFound: pods "none" not found'
