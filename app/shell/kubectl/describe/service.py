"""`kubectl describe service`, and the sockets of EndpointSlices that it and Ingresses show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.bodies import list_at, mapping_at
from app.kube.endpoints import SERVICE_NAME
from app.kube.objects import Object
from app.kube.selectors import Selector
from app.kube.tables.table import NONE
from app.kube.tables.text import format_labels, with_more
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.describe.writer import DESCRIBERS, Described, Writer, heading

__all__ = ["ready_sockets", "service"]


def ready_sockets(call: KubectlCall, namespace: str, name: str, port_name: str) -> str:
    """Return the ready sockets of a Service's port, three at most: `10.2.1.3:80,10.2.1.4:80`."""
    slices = call.api.list("EndpointSlice", namespace, Selector.equal({SERVICE_NAME: name}))
    texts: list[str] = []
    for each in slices:
        ready = [e for e in list_at(each.body, "endpoints") if mapping_at(e, "conditions").get("ready") is not False]
        addresses = [str(list_at(e, "addresses")[0]) for e in ready if list_at(e, "addresses")]
        ports = [port for port in list_at(each.body, "ports") if (port.get("name") or "") == port_name]
        if not list_at(each.body, "ports"):
            texts += addresses
        texts += [f"{address}:{port.get('port')}" for port in ports for address in addresses]
    return with_more(texts, "" if slices else NONE)


@DESCRIBERS.register("Service")
def service(about: Described, out: Writer) -> None:
    """Write a Service: its addresses, ports, endpoints and traffic policies."""
    spec = about.spec
    heading(about, out)
    out.line(f"Selector:\t{format_labels(mapping_at(spec, 'selector'))}")
    out.line(f"Type:\t{spec.get('type') or ''}")
    if spec.get("ipFamilyPolicy"):
        out.line(f"IP Family Policy:\t{spec['ipFamilyPolicy']}")
    out.line(f"IP Families:\t{','.join(list_at(spec, 'ipFamilies')) or NONE}")
    out.line(f"IP:\t{spec.get('clusterIP') or ''}")
    out.line(f"IPs:\t{','.join(list_at(spec, 'clusterIPs')) or NONE}")
    if spec.get("externalIPs"):
        out.line(f"External IPs:\t{','.join(list_at(spec, 'externalIPs'))}")
    if spec.get("loadBalancerIP"):
        out.line(f"Desired LoadBalancer IP:\t{spec['loadBalancerIP']}")
    if spec.get("externalName"):
        out.line(f"External Name:\t{spec['externalName']}")
    if entries := list_at(about.status, "loadBalancer", "ingress"):
        out.line(f"LoadBalancer Ingress:\t{', '.join(map(_ingress, entries))}")
    for port in list_at(spec, "ports"):
        _port(about.call, about.object, port, out)
    out.line(f"Session Affinity:\t{spec.get('sessionAffinity') or ''}")
    for key, words in (
        ("externalTrafficPolicy", "External Traffic Policy"),
        ("internalTrafficPolicy", "Internal Traffic Policy"),
        ("healthCheckNodePort", "HealthCheck NodePort"),
    ):
        if spec.get(key):
            out.line(f"{words}:\t{spec[key]}")
    if spec.get("loadBalancerSourceRanges"):
        out.line(f"LoadBalancer Source Ranges:\t{','.join(list_at(spec, 'loadBalancerSourceRanges'))}")
    about.events(out)


def _ingress(entry: Mapping[str, Any]) -> str:
    text = str(entry.get("ip") or entry.get("hostname") or "")
    return f"{text} ({entry['ipMode']})" if entry.get("ipMode") else text


def _port(call: KubectlCall, of: Object, port: Mapping[str, Any], out: Writer) -> None:
    name, protocol = port.get("name") or "<unset>", port.get("protocol") or ""
    out.line(f"Port:\t{name}\t{port.get('port')}/{protocol}")
    out.line(f"TargetPort:\t{port.get('targetPort') or 0}/{protocol}")
    if port.get("nodePort"):
        out.line(f"NodePort:\t{name}\t{port['nodePort']}/{protocol}")
    out.line(f"Endpoints:\t{ready_sockets(call, of.namespace, of.name, port.get('name') or '')}")
