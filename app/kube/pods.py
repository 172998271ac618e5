"""Pod manifests: which node, which address, which sockets."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, ValidationError

from app.core.errors import Mark, did_you_mean, listing
from app.kube import fields, listens
from app.kube.explain import explain
from app.kube.listens import Listen, image_listens, parse_listens
from app.kube.manifest import Raw, Reading, check_annotations, check_fields
from app.kube.objects import Container, Metadata, Pod
from app.kube.values import Label, Subdomain, parse_address

IP_ANNOTATION = "podwalk.dev/ip"
ANNOTATIONS = (IP_ANNOTATION, listens.ANNOTATION)


class Loose(BaseModel):
    """A part of a manifest: the named fields are checked, others may be there."""

    model_config = ConfigDict(frozen=True, extra="allow")


class MetadataModel(Loose):
    """`metadata`."""

    name: Subdomain
    namespace: Label = "default"
    labels: dict[StrictStr, StrictStr] = Field(default_factory=dict)
    annotations: dict[StrictStr, StrictStr] = Field(default_factory=dict)


class ContainerModel(Loose):
    """One container."""

    name: Label
    image: StrictStr


class PodSpecModel(Loose):
    """`spec`."""

    nodeName: StrictStr = ""  # noqa: N815  (Kubernetes' name)
    hostNetwork: StrictBool = False  # noqa: N815
    containers: Annotated[tuple[ContainerModel, ...], Field(min_length=1)]


class PodModel(Loose):
    """The whole Pod."""

    metadata: MetadataModel
    spec: PodSpecModel


def parse_pod(raw: Raw, reading: Reading) -> Pod | None:
    """Return the Pod of a manifest; None when something is wrong (the problems are recorded)."""
    before = len(reading.problems)
    reading.slips.clear()
    _check_names(raw, reading)
    try:
        model = PodModel.model_validate(_with_images(raw.data) if reading.is_dump else raw.data)
    except ValidationError as error:
        reading.problems += explain(error, PodModel, raw.document, raw.base, reading.slips)
        return None
    pinned = _pinned(raw, model, reading)
    sockets = _sockets(raw, model, reading)
    if len(reading.problems) > before:
        return None
    return _pod(raw.data, raw.mark(), model, sockets, pinned, _annotation(raw, IP_ANNOTATION) if pinned else None)


def pod_of(body: Mapping[str, Any], mark: Mark) -> Pod:
    """Return the Pod of a body that the API server has checked; ValueError: an annotation of podwalk's is wrong."""
    model = PodModel.model_validate(_with_images(body))
    address, text = (model.metadata.annotations.get(name) for name in ANNOTATIONS)
    sockets = _image_sockets(model) if text is None else parse_listens(text)
    pinned = parse_address(address) if address is not None else None
    return _pod(body, mark, model, sockets, pinned, mark if pinned else None)


def _with_images(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the body with an empty image where a container of a dump names none: it is read, and not changed."""
    spec = body.get("spec")
    containers = spec.get("containers") if isinstance(spec, Mapping) else None
    if not isinstance(containers, list) or all(isinstance(c, Mapping) and "image" in c for c in containers):
        return body
    filled = [{"image": "", **each} if isinstance(each, Mapping) else each for each in containers]
    return {**body, "spec": {**(spec or {}), "containers": filled}}


def _pod(
    body: Mapping[str, Any], mark: Mark, model: PodModel, sockets: tuple[Listen, ...],
    pinned: IPv4Address | None, pin_mark: Mark | None,
) -> Pod:  # fmt: skip
    metadata = model.metadata
    return Pod(
        "Pod", str(body["apiVersion"]),
        Metadata(metadata.name, metadata.namespace, metadata.labels, metadata.annotations), body, mark,
        node_name=model.spec.nodeName, host_network=model.spec.hostNetwork,
        containers=tuple(Container(container.name, container.image) for container in model.spec.containers),
        pinned_ip=pinned, pin_mark=pin_mark, listens=sockets,
    )  # fmt: skip


def _image_sockets(model: PodModel) -> tuple[Listen, ...]:
    return tuple(dict.fromkeys(socket for part in model.spec.containers for socket in image_listens(part.image)))


def _check_names(raw: Raw, reading: Reading) -> None:
    check_fields(raw, (), fields.TOP, reading)
    check_fields(raw, ("metadata",), fields.METADATA, reading)
    check_fields(raw, ("spec",), fields.POD_SPEC, reading)
    check_annotations(raw, reading)
    containers = raw.get("spec", "containers")
    for index, container in enumerate(containers if isinstance(containers, list) else ()):
        path = ("spec", "containers", index)
        check_fields(raw, path, fields.CONTAINER, reading)
        ports = container.get("ports") if isinstance(container, dict) else None
        for port in range(len(ports) if isinstance(ports, list) else 0):
            check_fields(raw, (*path, "ports", port), fields.CONTAINER_PORT, reading)
    _check_own_annotations(raw, reading)


def _check_own_annotations(raw: Raw, reading: Reading) -> None:
    given = raw.get("metadata", "annotations")
    for name in given if isinstance(given, dict) else ():
        if name.startswith("podwalk.dev/") and name not in ANNOTATIONS:
            message = f"unknown annotation '{name}'{did_you_mean(name, ANNOTATIONS)}"
            reading.wrong(message, raw.key_mark("metadata", "annotations", name), f"legal: {listing(ANNOTATIONS)}")


def _pinned(raw: Raw, model: PodModel, reading: Reading) -> IPv4Address | None:
    text = model.metadata.annotations.get(IP_ANNOTATION)
    try:
        return parse_address(text) if text is not None else None
    except ValueError as error:
        reading.wrong(f"annotation {IP_ANNOTATION}: {error}", _annotation(raw, IP_ANNOTATION), "for example 10.2.1.20")
    return None


def _sockets(raw: Raw, model: PodModel, reading: Reading) -> tuple[Listen, ...]:
    """Return what the Pod listens on: the annotation if it is there, else by its images."""
    text = model.metadata.annotations.get(listens.ANNOTATION)
    if text is None:
        return _image_sockets(model)
    try:
        return parse_listens(text)
    except ValueError as error:
        at = _annotation(raw, listens.ANNOTATION)
        reading.wrong(f"annotation {listens.ANNOTATION}: {error}", at, 'for example "tcp/80,udp/53"')
    return ()


def _annotation(raw: Raw, name: str) -> Mark:
    return raw.mark("metadata", "annotations", name)
