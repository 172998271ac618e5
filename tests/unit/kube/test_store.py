"""The store, selectors and the sockets of images."""

import pytest

from app.core.errors import Mark, UsageError
from app.kube.listens import image_listens, image_name, parse_listens
from app.kube.objects import Metadata, Object
from app.kube.selectors import Selector
from app.kube.store import Event, Store


def service(name: str, namespace: str = "default", **labels: str) -> Object:
    return Object("Service", "v1", Metadata(name, namespace, labels), {}, Mark("c.yaml", 1, 1))


def test_every_change_raises_the_resource_version() -> None:
    store = Store()
    assert store.apply(service("a")).resource_version == 1
    assert store.apply(service("b")).resource_version == 2
    assert store.apply(service("a")).resource_version == 3
    assert store.delete("Service", "b", "default") is not None
    assert store.delete("Service", "b", "default") is None
    assert store.resource_version == 4
    assert len(store) == 1


def test_objects_are_found_by_kind_namespace_and_name_in_the_order_of_their_coming() -> None:
    store = Store()
    for name, namespace in (("b", "default"), ("a", "default"), ("a", "shop")):
        store.apply(service(name, namespace))
    assert [str(found.key) for found in store.list("Service")] == ["default/b", "default/a", "shop/a"]
    assert [found.name for found in store.list("Service", "default")] == ["b", "a"]
    assert store.get("Service", "a", "shop") is not None
    assert store.get("Service", "b", "shop") is None
    assert store.kinds() == ("Service",)
    assert [str(found.key) for found in store] == ["default/b", "default/a", "shop/a"]


def test_watchers_hear_every_change_in_order_until_they_stop() -> None:
    store = Store()
    heard: list[tuple[str, str]] = []

    def hear(event: Event) -> None:
        heard.append((event.type, event.object.name))

    stop = store.watch(hear, "Service")
    store.watch(lambda event: heard.append(("all", event.object.kind)))
    store.apply(service("a"))
    store.apply(service("a"))
    store.apply(Object("Pod", "v1", Metadata("p"), {}, Mark("c.yaml", 1, 1)))
    store.delete("Service", "a", "default")
    stop()
    store.apply(service("b"))
    assert heard == [
        ("ADDED", "a"), ("all", "Service"), ("MODIFIED", "a"), ("all", "Service"), ("all", "Pod"),
        ("DELETED", "a"), ("all", "Service"), ("all", "Service"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "selected"),
    [
        ("", ["web", "db", "bare"]), ("app=web", ["web"]), ("app==web", ["web"]), ("app!=web", ["db", "bare"]),
        ("app in (web, db)", ["web", "db"]), ("app notin (web)", ["db", "bare"]), ("app", ["web", "db"]), ("!app", ["bare"]),
        ("app=web,tier=front", ["web"]), ("app=web,tier!=front", []), ("app in (web,db),tier", ["web"]), ("app=", []),
    ],
)  # fmt: skip
def test_a_selector_reads_like_kubectl(text: str, selected: list[str]) -> None:
    objects = {"web": {"app": "web", "tier": "front"}, "db": {"app": "db"}, "bare": {}}
    assert [name for name, labels in objects.items() if Selector.parse(text).matches(labels)] == selected


def test_a_selector_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="unable to parse requirement: 'a=b=c'"):
        Selector.parse("a=b=c")


def test_the_selectors_of_objects_are_read() -> None:
    labels = {"app": "web", "tier": "front"}
    assert Selector.equal({"app": "web"}).matches(labels)
    assert not Selector.equal({"app": "db"}).matches(labels)
    expression = {"key": "tier", "operator": "NotIn", "values": ["front"]}
    assert Selector.of({"matchLabels": {"app": "web"}}).matches(labels)
    assert not Selector.of({"matchLabels": {"app": "web"}, "matchExpressions": [expression]}).matches(labels)


@pytest.mark.parametrize(
    ("image", "sockets"),
    [
        ("nginx", "tcp/80"), ("nginx:alpine", "tcp/80"), ("docker.io/library/nginx:1.27", "tcp/80"),
        ("registry.local:5000/nginx", "tcp/80"), ("nginx@sha256:0123", "tcp/80"), ("nginx:1@sha256:0123", "tcp/80"),
        ("coredns/coredns:1.11.1", "udp/53,tcp/53"), ("registry.k8s.io/coredns/coredns:v1.12", "udp/53,tcp/53"),
        ("traefik/whoami", "tcp/80"), ("docker.io/traefik/whoami:v1.10", "tcp/80"), ("whoami", ""),
        ("busybox:1.36", ""), ("nginx-ingress", ""), ("my/nginx-unprivileged", ""), ("", ""), ("traefik", ""),
    ],
)  # fmt: skip
def test_an_image_opens_the_sockets_of_its_name(image: str, sockets: str) -> None:
    assert ",".join(map(str, image_listens(image))) == sockets


def test_the_port_of_a_registry_is_no_tag() -> None:
    assert image_name("registry:5000/team/app:1.0") == "registry:5000/team/app"
    assert image_name("registry:5000/app") == "registry:5000/app"


def test_a_list_of_sockets_keeps_its_order_and_drops_repeats() -> None:
    assert [str(listen) for listen in parse_listens("udp/53, tcp/80,udp/53,")] == ["udp/53", "tcp/80"]
    assert parse_listens("") == ()
