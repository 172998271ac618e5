"""CoreDNS's plugin `kubernetes`: which records a name has, from Services, EndpointSlices and dashed Pod addresses.

Sources: CoreDNS plugin/kubernetes (kubernetes.go, parse.go, reverse.go, ns.go), plugin/backend_lookup.go; Kubernetes
DNS-Based Service Discovery 1.1.0. As in current CoreDNS, `*` and `any` are no wildcards.
"""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address

from msgspec import Struct

from app.core.dnsmessage import Question, Record
from app.core.dnsname import fqdn
from app.dataplane.hop import Evidence, Text
from app.dataplane.skipped import Skipped
from app.workloads.dns.corefile import KubernetesOptions
from app.workloads.dns.index import DnsIndex, EndpointAddress, ServiceView
from app.workloads.dns.reverse import address_in

__all__ = ["KubernetesPlugin", "Reply"]

SCHEMA_VERSION, SCHEMA_TTL = "1.1.0", 28800
#: Of the SOA record: refresh, retry, expire. Source: plugin/backend_lookup.go, SOA().
SOA_TIMERS = "7200 1800 86400"
#: How many aliases are followed.
LONGEST_CHAIN = 8
CONFIG_MAP = "kubectl get configmap coredns -n kube-system -o yaml"


class Reply(Struct, frozen=True):
    """What a plugin answers. `chase` is a name outside its zones that the last CNAME of the answers points to."""

    rcode: str = "NOERROR"
    answers: tuple[Record, ...] = ()
    authority: tuple[Record, ...] = ()
    additional: tuple[Record, ...] = ()
    is_authoritative: bool = True
    is_recursion_available: bool = False
    is_truncated: bool = False
    chase: str = ""
    evidence: Evidence | None = None
    #: Which sentence tells of it, and what fills its holes.
    code: str = "dns-answer"
    by: str = ""


class _NoNameError(Exception):
    """The name does not exist: NXDOMAIN. It carries the proof."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__()
        self.evidence = evidence


class _Target(Struct, frozen=True):
    """One thing that a name stands for: `host` is an address, or the name of an ExternalName; `name` its own name."""

    name: str
    host: str
    port: int


class _Parsed(Struct):
    """A query name taken apart. Source: parse.go, recordRequest."""

    branch: str = ""
    namespace: str = ""
    service: str = ""
    endpoint: str = ""
    port: str = ""
    protocol: str = ""


class KubernetesPlugin:
    """Answers for the zones of its options. `serial` is the SOA's: the time of the last change, in seconds."""

    def __init__(self, index: DnsIndex, options: KubernetesOptions, own_address: str, serial: int) -> None:
        self.index = index
        self.options = options
        self.own_address = own_address
        self.serial = serial
        self._evidence: Evidence | None = None

    def zone_of(self, name: str) -> str | None:
        """Return the longest zone that holds `name` (lower case, with final dot)."""
        zones = [z for z in self.options.zones if z in (".", name) or name.endswith(f".{z}")]
        return max(zones, key=len, default=None)

    def answer(self, question: Question) -> Reply | None:
        """Return the answer; None: the name is not of these zones, or falls through to the next plugin."""
        name = question.name.lower()
        zone = self.zone_of(name)
        if zone is None:
            return None
        try:
            answers, additional, chase = self._records(question, name, zone)
        except _NoNameError as error:
            if zone in self.options.fallthrough:
                return None
            return Reply("NXDOMAIN", authority=(self.soa(zone),), evidence=error.evidence, code="dns-nxdomain", by=zone)
        if not answers:
            evidence = self._evidence or Text(CONFIG_MAP, self.options.line)
            return Reply(authority=(self.soa(zone),), evidence=evidence, code="dns-nodata", by=zone)
        return Reply(
            answers=tuple(answers), additional=tuple(additional), chase=chase, evidence=self._evidence, by=zone
        )

    def soa(self, zone: str) -> Record:
        """Return the zone's SOA, as it stands beside a denial."""
        ttl = min(300, self.options.ttl)
        data = f"ns.dns.{zone} hostmaster.{zone} {self.serial} {SOA_TIMERS} {self.options.ttl}"
        return Record(zone, "SOA", ttl, data)

    # --- by type ------------------------------------------------------------------------------------------------------

    def _records(self, question: Question, name: str, zone: str) -> tuple[list[Record], list[Record], str]:
        self._evidence = None
        kind, ttl, owner = question.type, self.options.ttl, question.name
        if kind in ("A", "AAAA"):
            found, chase = self._addresses(owner, zone, kind, ())
            return found, [], chase
        if kind == "TXT":
            return self._text(owner, name, zone), [], ""
        if kind == "PTR":
            names = dict.fromkeys(self._reverse(name, zone))
            return [Record(owner, "PTR", ttl, target) for target in names], [], ""
        if kind == "SRV":
            return (*self._services(owner, name, zone), "")
        if kind == "SOA":
            self._evidence = Text(CONFIG_MAP, self.options.line)
            return [self.soa(zone)], [], ""
        if kind == "NS" and name == zone:
            return (*self._name_servers(owner, zone), "")
        targets = self._targets(name, zone)
        if kind == "CNAME" and targets and not _is_address(targets[0].host):
            return [Record(owner, "CNAME", ttl, fqdn(targets[0].host))], [], ""
        return [], [], ""

    def _addresses(self, owner: str, zone: str, kind: str, before: tuple[Record, ...]) -> tuple[list[Record], str]:
        """Return the addresses of a name; an alias inside the zone is followed here. Source: backend_lookup.go, A()."""
        records: dict[Record, None] = {}
        ttl = self.options.ttl
        name = owner.lower()
        for target in self._targets(name, zone):
            if _is_address(target.host):
                if (":" in target.host) == (kind == "AAAA"):
                    records[Record(owner, kind, ttl, str(ip_address(target.host)))] = None
                continue
            host = fqdn(target.host)
            alias = Record(owner, "CNAME", ttl, host)
            if (
                host.lower() == name
                or name.endswith(f".{host.lower()}")
                or alias in before
                or len(before) >= LONGEST_CHAIN
            ):
                continue
            if not (host.lower() == zone or host.lower().endswith(f".{zone}")):
                return [*records, alias], host
            evidence = self._evidence
            try:
                rest, chase = self._addresses(host, zone, kind, (*before, alias))
            except _NoNameError:
                continue
            finally:
                self._evidence = evidence
            if rest:
                return [*records, alias, *rest], chase
        return list(records), ""

    def _text(self, owner: str, name: str, zone: str) -> list[Record]:
        if name != f"dns-version.{zone}":
            return []
        self._evidence = Text(CONFIG_MAP, self.options.line)
        return [Record(owner, "TXT", SCHEMA_TTL, f'"{SCHEMA_VERSION}"')]

    def _services(self, owner: str, name: str, zone: str) -> tuple[list[Record], list[Record]]:
        """Return SRV records and the addresses of their targets: equal weights that add up to 100."""
        targets = [t for t in self._targets(name, zone) if _is_address(t.host)]
        ttl = self.options.ttl
        records: dict[Record, None] = {}
        additional: dict[Record, None] = {}
        for target in targets:
            if target.port == -1:
                continue
            weight = max(1, 100 // len(targets))
            records[Record(owner, "SRV", ttl, f"0 {weight} {target.port} {target.name}")] = None
            kind = "AAAA" if ":" in target.host else "A"
            additional[Record(target.name, kind, ttl, str(ip_address(target.host)))] = None
        return list(records), list(additional)

    def _name_servers(self, owner: str, zone: str) -> tuple[list[Record], list[Record]]:
        """Return the zone's name servers: the Services that this very CoreDNS is an endpoint of. Source: ns.go."""
        found = self._own_services(zone)
        ttl = self.options.ttl
        names = dict.fromkeys(name for name, _ in found)
        return [Record(owner, "NS", ttl, name) for name in names], [Record(n, "A", ttl, ip) for n, ip in found]

    def _own_services(self, zone: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for namespace, service, address in self.index.endpoints_with(self.own_address):
            view = self.index.service(namespace, service)
            if view is None:
                continue
            base = f"{service}.{namespace}.svc.{zone}"
            self._evidence = self._service_evidence(view)
            if view.is_headless:
                found.append((f"{address.label}.{base}", address.ip))
            else:
                found += [(base, ip) for ip in view.cluster_ips if ":" not in ip]
        return found or [(f"ns.dns.{zone}", self.own_address)]

    def _reverse(self, name: str, zone: str) -> list[str]:
        """Return the names of an address: a Service's ClusterIP, else the endpoints that have it (reverse.go)."""
        ip = address_in(name)
        if ip is None:
            self._targets(name, zone)
            return []
        domain = next((z for z in self.options.zones if not z.endswith("arpa.")), zone)
        for namespace, service in self.index.services_with(ip):
            view = self.index.service(namespace, service)
            assert view is not None
            self._evidence = self._service_evidence(view)
            return [f"{service}.{namespace}.svc.{domain}"]
        found = [
            (f"{address.label}.{service}.{namespace}.svc.{domain}", namespace, address)
            for namespace, service, address in self.index.endpoints_with(ip)
        ]
        if not found:
            raise _NoNameError(Text("kubectl get service -A", "", (Skipped(ip, "no ClusterIP and no endpoint"),)))
        self._evidence = _slice_evidence(found[0][1], found[0][2])
        return [each for each, _, _ in found]

    # --- by name ------------------------------------------------------------------------------------------------------

    def _targets(self, name: str, zone: str) -> list[_Target]:
        """Return what a name stands for; nothing: it exists, but has no such record. Source: Records()."""
        if name == f"ns.dns.{zone}":
            return [_Target(name, ip, -1) for _, ip in self._own_services(zone)]
        parsed = self._parse(name, zone)
        if not parsed.branch or not parsed.namespace:
            return []
        if not self.index.has_namespace(parsed.namespace):
            raise _NoNameError(Text("kubectl get namespace", "", (Skipped(parsed.namespace, "no such namespace"),)))
        if not parsed.service:
            return []
        return self._pod(parsed, name) if parsed.branch == "pod" else self._service(parsed, zone)

    def _parse(self, name: str, zone: str) -> _Parsed:
        """Take a name apart: [_port._protocol.|endpoint.]service.namespace.svc|pod.zone. Source: parseRequest()."""
        base = name.removesuffix(zone).rstrip(".")
        if not base:
            return _Parsed()
        labels = base.split(".")
        no_name = _NoNameError(
            Text(CONFIG_MAP, self.options.line, (Skipped(name, "not SERVICE.NAMESPACE.svc or IP.NAMESPACE.pod"),))
        )
        branch = labels.pop()
        if branch not in ("svc", "pod"):
            raise no_name
        parsed = _Parsed(branch)
        parsed.namespace = labels.pop() if labels else ""
        parsed.service = labels.pop() if labels else ""
        if len(labels) == 1:
            parsed.endpoint = labels[0]
        elif len(labels) == 2:
            parsed.port, parsed.protocol = (label.removeprefix("_") for label in labels)
        elif labels:
            raise no_name
        return parsed

    def _pod(self, parsed: _Parsed, name: str) -> list[_Target]:
        """Return the address that a dashed name spells, Pod or not (pods insecure). Source: findPods()."""
        label = parsed.service
        is_v4 = label.count("-") == 3 and "--" not in label
        text = label.replace("-", "." if is_v4 else ":")
        line = self.options.pods_line
        if self.options.pods == "disabled" or not _is_address(text):
            raise _NoNameError(Text(CONFIG_MAP, line, (Skipped(label, "not an IP address with dashes"),)))
        if self.options.pods == "verified" and not self._has_pod(parsed.namespace, text):
            raise _NoNameError(Text(CONFIG_MAP, line, (Skipped(text, f"no Pod of {parsed.namespace} has it"),)))
        self._evidence = Text(CONFIG_MAP, line)
        return [_Target(name, text, -1)]

    def _has_pod(self, namespace: str, ip: str) -> bool:
        pods = self.index.store.list("Pod", namespace)
        return any((pod.body.get("status") or {}).get("podIP") == ip for pod in pods)

    def _service(self, parsed: _Parsed, zone: str) -> list[_Target]:
        """Return what a Service's name stands for. Source: findServices()."""
        view = self.index.service(parsed.namespace, parsed.service)
        tool = f"kubectl get service -n {parsed.namespace} -o name"
        if view is None:
            why = f"no Service {parsed.service} in namespace {parsed.namespace}"
            raise _NoNameError(Text(tool, "", (Skipped(f"service/{parsed.service}", why),)))
        base = f"{view.name}.{view.namespace}.svc.{zone}"
        if view.external_name:
            if parsed.endpoint or _is_address(view.external_name):
                raise _NoNameError(self._service_evidence(view))
            self._evidence = self._service_evidence(view)
            return [_Target(base, view.external_name, -1)]
        if view.is_headless or parsed.endpoint:
            return self._endpoints(parsed, view, base)
        targets = [
            _Target(base, ip, number)
            for name, protocol, number in view.ports
            if _fits(parsed, name, protocol)
            for ip in view.cluster_ips
        ]
        if not targets:
            why = f"no port '{parsed.port}' with protocol '{parsed.protocol}'"
            raise _NoNameError(Text(tool, f"service/{view.name}", (Skipped(f"service/{view.name}", why),)))
        self._evidence = self._service_evidence(view)
        return targets

    def _endpoints(self, parsed: _Parsed, view: ServiceView, base: str) -> list[_Target]:
        """Return the ready endpoints of a headless Service, or the one that is named."""
        targets: list[_Target] = []
        for address in self.index.endpoints(view.namespace, view.name):
            if parsed.endpoint and parsed.endpoint != address.label.lower():
                continue
            for name, protocol, number in address.ports:
                if not _fits(parsed, name, protocol):
                    continue
                if not targets:
                    self._evidence = _slice_evidence(view.namespace, address)
                targets.append(_Target(f"{address.label}.{base}", address.ip, number))
        if not targets:
            names = self.index.slice_names(view.namespace, view.name)
            what = parsed.endpoint or "a ready endpoint"
            skipped = tuple(Skipped(name, f"does not hold {what}") for name in names)
            raise _NoNameError(Text(f"kubectl get endpointslice -n {view.namespace}", "", skipped))
        return targets

    def _service_evidence(self, view: ServiceView) -> Evidence:
        tool = f"kubectl get service {view.name} -n {view.namespace} -o yaml"
        if view.external_name:
            return Text(tool, f"externalName: {view.external_name}")
        return Text(tool, f"clusterIP: {view.cluster_ips[0] if view.cluster_ips else ''}")


def _slice_evidence(namespace: str, address: EndpointAddress) -> Evidence:
    return Text(f"kubectl get endpointslice {address.slice_name} -n {namespace} -o yaml", f"- {address.ip}")


def _fits(parsed: _Parsed, port: str, protocol: str) -> bool:
    """Whether a port is the one that is asked for, if one is. Source: matchPortAndProtocol()."""
    return parsed.port in ("", port.lower()) and parsed.protocol in ("", protocol.lower())


def _is_address(text: str) -> bool:
    try:
        (IPv6Address if ":" in text else IPv4Address)(text)
    except AddressValueError:
        return False
    return True
