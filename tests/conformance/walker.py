"""Every fate that a rule set allows a new packet: chance goes both ways, `recent` remembers nobody yet.

The engine draws one number a rule; kube-proxy's facts are about all that may come, so the rules are walked here as data.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Address

from app.dataplane.netfilter.matches.basic import Destination, Protocol, Source
from app.dataplane.netfilter.matches.chance import Recent, Statistic
from app.dataplane.netfilter.matches.ports import Ports
from app.dataplane.netfilter.matches.state import AddrType, Comment, CtState, MarkIs
from app.dataplane.netfilter.rule import Match, Rule
from app.dataplane.netfilter.targets import Accept, Dnat, Drop, Jump, Masquerade, Reject, Return, SetMark
from app.dataplane.netns import NetNs

Fate = tuple[str, "Probe"]


@dataclass(frozen=True)
class Probe:
    """The first packet of a connection."""

    src: IPv4Address
    dst: IPv4Address
    proto: str
    dport: int
    mark: int = 0
    is_dnated: bool = False


class Walker:
    """Walks the rules of one node."""

    def __init__(self, netns: NetNs) -> None:
        self.tables = netns.netfilter.tables
        self.own = {a.interface.ip for i in netns.interfaces.values() for a in i.addresses}

    def is_local(self, address: IPv4Address) -> bool:
        return address.is_loopback or address in self.own

    def flow(self, src: str, dst: str, dport: int, proto: str) -> set[tuple[str, bool]]:
        """Return every (endpoint, DROP, REJECT, ACCEPT or none; whether kube-proxy masquerades it)."""
        probe = Probe(IPv4Address(src), IPv4Address(dst), proto.lower(), dport)
        is_own = self.is_local(probe.src)
        found = set()
        for _, after in self.chain("nat", "OUTPUT" if is_own else "PREROUTING", probe):
            is_inward = self.is_local(after.dst)
            hooks = ["OUTPUT"] if is_own else []
            hooks += ["INPUT"] if is_inward else [] if is_own else ["FORWARD"]
            for verdict, last in self.filtered(hooks, after):
                where = f"{last.dst}:{last.dport}" if last.is_dnated and verdict not in ("DROP", "REJECT") else verdict
                masks = verdict not in ("DROP", "REJECT") and (last.is_dnated or not is_inward)
                found.add((where, masks and self.is_masqueraded(last)))
        return found

    def filtered(self, hooks: list[str], probe: Probe) -> Iterator[Fate]:
        if not hooks:
            yield "none", probe
            return
        for verdict, after in self.chain("filter", hooks[0], probe):
            if verdict in ("DROP", "REJECT") or (verdict == "ACCEPT by KUBE-NODEPORTS"):
                yield verdict.partition(" ")[0], after
            else:
                yield from self.filtered(hooks[1:], after)

    def is_masqueraded(self, probe: Probe) -> bool:
        return any(verdict == "MASQUERADE" for verdict, _ in self.chain("nat", "KUBE-POSTROUTING", probe))

    def chain(self, table: str, name: str, probe: Probe) -> set[Fate]:
        pending, fates = {probe}, set[Fate]()
        for rule in self.tables[table].chains[name].rules:
            going_on = set[Probe]()
            for each in pending:
                hit = self.hits(rule, each)
                if hit is not True:
                    going_on.add(each)
                if hit is not False:
                    for verdict, after in self.act(table, name, rule, each):
                        if verdict:
                            fates.add((verdict, after))
                        else:
                            going_on.add(after)
            pending = going_on
        return fates | {("", each) for each in pending}

    def act(self, table: str, name: str, rule: Rule, probe: Probe) -> Iterator[Fate]:
        """Yield what the rule's target makes of a probe that it hit; "": on with the next rule."""
        target = rule.target
        if isinstance(target, Jump):
            for verdict, after in self.chain(table, target.chain, probe):
                yield ("" if verdict == "RETURN" else verdict), after
        elif isinstance(target, SetMark):
            yield "", replace(probe, mark=target.apply(probe.mark))
        elif isinstance(target, Dnat):
            yield "DNAT", replace(probe, dst=target.to.address or probe.dst, dport=target.to.port, is_dnated=True)
        elif isinstance(target, Accept):
            yield f"ACCEPT by {name}", probe
        elif isinstance(target, Drop | Reject | Masquerade | Return):
            yield type(target).__name__.upper(), probe
        else:
            assert target is None, target
            yield "", probe

    def hits(self, rule: Rule, probe: Probe) -> bool | None:
        """Return whether the rule matches; None: by chance."""
        answers = [self.holds(match, probe) for match in rule.matches]
        return False if False in answers else None if None in answers else True

    def holds(self, match: Match, probe: Probe) -> bool | None:
        if isinstance(match, Source | Destination):
            address = probe.src if isinstance(match, Source) else probe.dst
            return (address in match.network) != match.negated
        if isinstance(match, Protocol):
            return (probe.proto == match.name) != match.negated
        if isinstance(match, Ports):
            return match.proto == probe.proto and (match.destination is None or match.destination.holds(probe.dport))
        if isinstance(match, CtState):
            states = {"NEW", "DNAT"} if probe.is_dnated else {"NEW"}
            return bool(states & set(match.states)) != match.negated
        if isinstance(match, MarkIs):
            return (probe.mark & match.mask == match.value) != match.negated
        if isinstance(match, AddrType):
            sides = ((match.src_type, probe.src), (match.dst_type, probe.dst))
            return all(self.is_local(a) != option.negated for option, a in sides if option is not None)
        if isinstance(match, Statistic):
            return None
        if isinstance(match, Recent):
            return match.command == "--set"
        assert isinstance(match, Comment), match
        return True
