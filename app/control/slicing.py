"""From the endpoints that a Service should have to its slices, with as few changes as possible.

An endpoint stays in its slice; new ones fill slices that have room, then make new slices; a slice without endpoints
goes, but for one. Source: Kubernetes staging/src/k8s.io/endpointslice/reconciler.go (reconcileByPortMapping).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.control.endpointslices import SLICE_ENDPOINTS, Ports, endpoint_slice, slice_name
from app.control.ownership import ObjectIndex, is_deleted
from app.kube.api import ApiServer
from app.kube.bodies import Body, mapping_at
from app.kube.endpoints import MANAGED_BY, SERVICE_NAME, Endpoint, EndpointSlice
from app.kube.objects import Key
from app.kube.selectors import Selector
from app.kube.services import Service

#: What makes two endpoints the same one, whatever its state.
Identity = tuple[str, str]


@dataclass(slots=True)
class Changes:
    """What to write: bodies of new slices, bodies of changed ones, slices to delete."""

    created: list[dict[str, Any]] = field(default_factory=list)
    updated: list[dict[str, Any]] = field(default_factory=list)
    deleted: list[EndpointSlice] = field(default_factory=list)

    def write(self, api: ApiServer) -> None:
        """Write them all."""
        for body in self.created:
            api.create(body)
        for body in self.updated:
            api.update(body)
        for each in self.deleted:
            api.delete("EndpointSlice", each.name, each.namespace)


def managed_slices(index: ObjectIndex, service: Key, manager: str) -> list[EndpointSlice]:
    """Return the slices that a controller keeps for a Service."""
    wanted = Selector.equal({SERVICE_NAME: service.name, MANAGED_BY: manager})
    found = index.selected("EndpointSlice", service.namespace, wanted)
    return [each for each in found if isinstance(each, EndpointSlice) and not is_deleted(each)]


def identity(endpoint: Endpoint) -> Identity:
    """Return the address of an endpoint and the Pod behind it."""
    return str(endpoint.address), endpoint.target


def slice_changes(
    service: Service, wanted: Iterable[tuple[Endpoint, Ports]], existing: Sequence[EndpointSlice], manager: str
) -> Changes:
    """Return what has to be written so that a Service's slices hold exactly the wanted endpoints."""
    by_ports: defaultdict[Ports, dict[Identity, Endpoint]] = defaultdict(dict)
    for endpoint, ports in wanted:
        by_ports[ports][identity(endpoint)] = endpoint
    if not by_ports:
        by_ports[()] = {}
    changes = Changes()
    taken = {each.name for each in existing}
    left = [each for each in existing if each.ports not in by_ports]
    for ports, endpoints in by_ports.items():
        same = [each for each in existing if each.ports == ports]
        _fill(service, manager, ports, endpoints, same, changes, taken)
    changes.deleted += left
    return changes


def _fill(
    service: Service, manager: str, ports: Ports, endpoints: dict[Identity, Endpoint],
    existing: Sequence[EndpointSlice], changes: Changes, taken: set[str],
) -> None:  # fmt: skip
    """Give the endpoints of one list of ports to the slices that have it."""
    new = dict(endpoints)
    kept: dict[str, list[Endpoint]] = {}
    for each in existing:
        kept[each.name] = [new.pop(identity(old)) for old in each.endpoints if identity(old) in new]
    rest = list(new.values())
    changed = [each for each in existing if len(kept[each.name]) != len(each.endpoints) or not each.endpoints]
    # The fullest first; one that has to be written anyway before one that could be left alone.
    for each in sorted(existing, key=lambda one: (one not in changed, -len(kept[one.name]))):
        room = SLICE_ENDPOINTS - len(kept[each.name])
        if rest and room > 0:
            kept[each.name] += rest[:room]
            rest = rest[room:]
    number = 0
    while rest or (not existing and not endpoints and number == 0 and not ports):
        while (name := slice_name(service, number)) in taken:
            number += 1
        taken.add(name)
        made = endpoint_slice(service, name, manager, tuple(rest[:SLICE_ENDPOINTS]), ports)
        changes.created.append(dict(made.body))
        rest = rest[SLICE_ENDPOINTS:]
        number += 1
    _write(service, manager, ports, existing, kept, changes, is_last=not endpoints)


def _write(
    service: Service, manager: str, ports: Ports, existing: Sequence[EndpointSlice],
    kept: dict[str, list[Endpoint]], changes: Changes, *, is_last: bool,
) -> None:  # fmt: skip
    for index, each in enumerate(existing):
        if not kept[each.name] and not (is_last and index == 0):
            changes.deleted.append(each)
            continue
        made = endpoint_slice(service, each.name, manager, tuple(kept[each.name]), ports).body
        body = {**each.body, **{name: made[name] for name in ("endpoints", "ports")}}
        body["metadata"] = {**mapping_at(each.body, "metadata"), **_metadata(made)}
        if body != each.body:
            changes.updated.append(body)


def _metadata(made: Body) -> dict[str, Any]:
    found = mapping_at(made, "metadata")
    return {name: found[name] for name in ("labels", "ownerReferences") if name in found}
