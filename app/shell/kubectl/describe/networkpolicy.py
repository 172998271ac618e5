"""`kubectl describe networkpolicy`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.age import nanoseconds
from app.kube.tables.text import format_selector
from app.shell.kubectl.describe.writer import DESCRIBERS, Described, Writer

__all__ = ["network_policy"]


@DESCRIBERS.register("NetworkPolicy")
def network_policy(about: Described, out: Writer) -> None:
    """Write a NetworkPolicy: whom it selects, and what each rule lets in and out."""
    metadata, spec = mapping_at(about.body, "metadata"), about.spec
    created = nanoseconds(metadata.get("creationTimestamp"))
    moment = datetime.fromtimestamp((created or 0) // 10**9, UTC)
    out.line(f"Name:\t{about.object.name}")
    out.line(f"Namespace:\t{about.object.namespace}")
    out.line(f"Created on:\t{moment:%Y-%m-%d %H:%M:%S} +0000 UTC")
    out.labels("Labels", mapping_at(metadata, "labels"))
    out.annotations("Annotations", mapping_at(metadata, "annotations"))
    out.line("Spec:")
    selected = format_selector(mapping_at(spec, "podSelector"))
    everyone = " (Allowing the specific traffic to all pods in this namespace)"
    out.line(f"PodSelector:     {selected}{everyone if selected == '<none>' else ''}", 1)
    types = list_at(spec, "policyTypes") or ("Ingress",)
    for way, peers, word in (("ingress", "from", "From"), ("egress", "to", "To")):
        is_isolated = way.capitalize() in types
        out.line(f"Allowing {way} traffic:" if is_isolated else f"Not affecting {way} traffic", 1)
        if is_isolated:
            _rules(list_at(spec, way), way, peers, word, out)
    out.line(f"Policy Types: {', '.join(types)}", 1)


def _rules(rules: Any, way: str, peers: str, word: str, out: Writer) -> None:
    if not rules:
        out.line(f"<none> (Selected pods are isolated for {way} connectivity)", 2)
    for at, rule in enumerate(rules):
        if at:
            out.line("----------", 2)
        ports = list_at(rule, "ports")
        if not ports:
            out.line("To Port: <any> (traffic allowed to all ports)", 2)
        for port in ports:
            shown = port.get("port") if port.get("port") is not None else "<any>"
            out.line(f"To Port: {shown}/{port.get('protocol') or 'TCP'}", 2)
        if not list_at(rule, peers):
            out.line(f"{word}: <any> (traffic not restricted by {'source' if way == 'ingress' else 'destination'})", 2)
        for peer in list_at(rule, peers):
            out.line(f"{word}:", 2)
            _peer(peer, out)


def _peer(peer: Mapping[str, Any], out: Writer) -> None:
    for key, word in (("namespaceSelector", "NamespaceSelector"), ("podSelector", "PodSelector")):
        if peer.get(key) is not None:
            out.line(f"{word}: {format_selector(mapping_at(peer, key))}", 3)
    if block := peer.get("ipBlock"):
        out.line("IPBlock:", 3)
        out.line(f"CIDR: {block.get('cidr')}", 4)
        out.line(f"Except: {', '.join(list_at(block, 'except'))}", 4)
