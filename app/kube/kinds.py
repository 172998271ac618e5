"""The kinds that are typed, besides Node and Pod: who reads their manifests."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.kube.endpoints import parse_endpoint_slice, parse_endpoints
from app.kube.manifest import Raw, Reading
from app.kube.objects import Object
from app.kube.services import parse_service

PARSERS: Mapping[tuple[str, str], Callable[[Raw, Reading], Object | None]] = {
    ("v1", "Service"): parse_service,
    ("v1", "Endpoints"): parse_endpoints,
    ("discovery.k8s.io/v1", "EndpointSlice"): parse_endpoint_slice,
    ("discovery.k8s.io/v1beta1", "EndpointSlice"): parse_endpoint_slice,
}
"""Typed kinds besides Node and Pod; any other kind is kept as it is and named in `ClusterFile.unacted`."""
