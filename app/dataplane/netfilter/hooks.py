"""The five hooks: what a packet meets at each, in the order of the kernel's priorities.

    PREROUTING   raw, conntrack, mangle, nat (destination)
    INPUT        mangle, filter, nat (source), confirm
    FORWARD      mangle, filter
    OUTPUT       raw, conntrack, mangle, nat (destination), filter
    POSTROUTING  mangle, nat (source), confirm

Source: enum nf_ip_hook_priorities, include/uapi/linux/netfilter_ipv4.h.
"""

from __future__ import annotations

from msgspec.structs import replace

from app.dataplane.conntrack import Connection
from app.dataplane.fragment import reassemble
from app.dataplane.headers import Icmp, IPv4
from app.dataplane.hop import Change, Evidence, Text
from app.dataplane.interface import Interface
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.evidence import TableEvidence
from app.dataplane.netfilter.nat import bind, manip_of, translate, translate_error
from app.dataplane.netfilter.targets import Dnat, Drop, Masquerade, Reject, Snat
from app.dataplane.netfilter.traverse import Walked, traverse
from app.dataplane.netns import NetNs
from app.dataplane.packet import Packet, Skb

__all__ = ["run_hook"]

ENTRY = frozenset({"PREROUTING", "OUTPUT"})
EXIT = frozenset({"POSTROUTING", "INPUT"})


def run_hook(
    netns: NetNs,
    hook: str,
    packet: Packet,
    in_dev: Interface | None,
    out_dev: Interface | None,
    physdevs: tuple[str, str] = ("", ""),
) -> Packet | None:
    """Pass `packet` through `hook`; return it as it comes out, or None where it was dropped.

    `physdevs` are the bridge ports of a packet that br_netfilter brings here.
    """
    if not netns.netfilter.is_active:
        return packet
    return _Passage(netns, hook, packet, in_dev, out_dev, physdevs).run()


class _Passage:
    """One packet at one hook."""

    __slots__ = ("context", "hook", "netns", "packet", "skb", "tables", "where")

    def __init__(
        self,
        netns: NetNs,
        hook: str,
        packet: Packet,
        in_dev: Interface | None,
        out_dev: Interface | None,
        physdevs: tuple[str, str],
    ) -> None:
        ip = packet.net
        assert isinstance(ip, IPv4)
        self.netns = netns
        self.tables = netns.netfilter.tables
        self.hook = hook
        self.packet = packet
        self.skb = packet.skb or Skb()
        self.where = (in_dev if hook in ("PREROUTING", "INPUT") else out_dev) or in_dev or out_dev
        self.context = Context(
            netns, hook, ip, in_dev, out_dev, self.skb.mark, self.skb.connection, self.skb.state,
            is_bridged=bool(physdevs[0]), physdev_in=physdevs[0], physdev_out=physdevs[1],
        )  # fmt: skip

    def run(self) -> Packet | None:
        """Go through what the hook holds, in order."""
        notrack = False
        if self.hook in ENTRY and not self._defragment():
            return None
        if self.hook in ENTRY:
            raw = self._table("raw")
            if raw is not None:
                notrack = raw.is_notrack
                if self._is_dropped(raw):
                    return None
            self._track(notrack=notrack)
        if not self._passes("mangle"):
            return None
        if self.hook in ENTRY and not self._nat():
            return None
        if self.hook not in ("PREROUTING", "POSTROUTING") and not self._passes("filter"):
            return None
        if self.hook in EXIT and not self._nat():
            return None
        if self.hook in EXIT:
            self._confirm()
        return self._result()

    def _defragment(self) -> bool:
        """Hold fragments back until all are there: conntrack sees whole packets only. Source: nf_defrag_ipv4.c."""
        ip = self.context.ip
        if not ip.is_fragment:
            return True
        old = self.packet
        joined = reassemble(self.netns.fragments, ip, old.number)
        if joined is None:
            return False
        self.context.ip = joined.whole
        self.packet = Packet(joined.number, old.leg, old.attempt, old.eth, joined.whole, old.skb)
        self._record("reassemble", "reassemble", {"length": joined.whole.length}, None, None, joined.changes)
        return True

    def _result(self) -> Packet:
        context = self.context
        old, packet = self.skb, self.packet
        skb = Skb(
            context.mark, context.connection, old.is_reply, context.state, old.is_tracked, old.bridge_port,
            old.frame_src, old.is_prerouted, old.is_redirected,
        )  # fmt: skip
        return Packet(packet.number, packet.leg, packet.attempt, packet.eth, context.ip, skb)

    # --- tables -------------------------------------------------------------------------------------------------------

    def _table(self, name: str) -> Walked | None:
        """Pass one table, and record it if any of its rules mattered."""
        table = self.tables[name]
        chain = table.chains.get(self.hook)
        if chain is None or (not chain.rules and chain.policy == "ACCEPT"):
            return None
        before = self.context.mark
        walked = traverse(table, chain, self.context)
        self._record_marks(walked, before)
        return walked

    def _passes(self, name: str) -> bool:
        walked = self._table(name)
        return walked is None or not self._is_dropped(walked)

    def _is_dropped(self, walked: Walked) -> bool:
        """Record a filtering table's decision; True where the packet ends here."""
        if isinstance(walked.target, Reject):
            self._reject(walked, walked.target)
            return True
        if isinstance(walked.target, Drop) or (walked.target is None and walked.policy == "DROP"):
            params: dict[str, str | int] = {"table": walked.table, "chain": walked.chain, "verdict": walked.verdict}
            self._hop("drop", "drop-rule", params, walked)
            return True
        if walked.matched:
            params = {"table": walked.table, "chain": walked.chain, "verdict": walked.verdict}
            self._hop("hook", "hook", params, walked)
        return False

    def _reject(self, walked: Walked, target: Reject) -> None:
        """Drop the packet and tell its sender."""
        params: dict[str, str | int] = {"table": walked.table, "chain": walked.chain, "with": target.with_}
        self._hop("reject", "reject", params, walked)
        self.netns.network.reject(self.netns, self._result(), target.with_)

    def _record_marks(self, walked: Walked, before: int) -> None:
        """Show each MARK that was set to something else."""
        for mark in walked.marks:
            if mark.before != mark.after and mark.after:
                params: dict[str, str | int] = {"before": f"{before:#x}", "after": f"{mark.after:#x}"}
                evidence = TableEvidence(walked.table, mark.line, [], (mark.line,), "")
                self._record("mark", "mark", params, walked, evidence, ())

    # --- conntrack ----------------------------------------------------------------------------------------------------

    def _track(self, *, notrack: bool) -> None:
        """Find the packet's connection, unless it is known already (loopback, an error about it) or not wanted."""
        if self.skb.is_tracked:
            return
        if notrack:
            self.context.state = "UNTRACKED"
            self.skb = replace(self.skb, is_tracked=True)
            return
        now_us = self.netns.clock.now_us
        found = self.netns.conntrack.track(self.context.ip, now_us)
        self.context.connection, self.context.state = found.connection, found.state
        self.skb = replace(self.skb, is_reply=found.is_reply, is_tracked=True)
        connection = found.connection
        if connection is None:
            self._record("conntrack-invalid", "conntrack-invalid", {}, None, Text("conntrack -L", ""), ())
        elif not found.is_new:
            params: dict[str, str | int] = {"state": found.state, "way": "reply" if found.is_reply else "original"}
            evidence = self._entry(connection)
            self._record("conntrack-match", "conntrack-match", params, None, evidence, ())

    def _entry(self, connection: Connection) -> Evidence:
        """Return the connection's line, if the table holds it (a reset may just have ended it)."""
        if self.netns.conntrack.holds(connection):
            return connection.evidence(self.netns.clock.now_us)
        return Text("conntrack -L", "")

    def _confirm(self) -> None:
        """The packet has passed everything: its new connection is entered into the table."""
        connection = self.context.connection
        if connection is None or connection.is_confirmed or self.context.state != "NEW":
            return
        self.netns.conntrack.confirm(connection)
        evidence = connection.evidence(self.netns.clock.now_us)
        params: dict[str, str | int] = {"reply": connection.reply.text()}
        self._record("conntrack-new", "conntrack-new", params, None, evidence, ())

    # --- nat ----------------------------------------------------------------------------------------------------------

    def _nat(self) -> bool:
        """Choose a mapping for a new flow, and apply what this hook has to of the mapping; False: dropped."""
        context, connection = self.context, self.context.connection
        if connection is None:
            return True
        manip = manip_of(self.hook)
        walked: Walked | None = None
        if context.state == "NEW" and not connection.is_confirmed and manip not in connection.nat_done:
            connection.nat_done.add(manip)
            walked = self._table("nat")
            if walked is not None and isinstance(walked.target, Dnat | Snat | Masquerade):
                bind(context, walked.target)
            elif walked is not None and self._is_dropped(walked):
                return False
        self._translate(walked)
        return True

    def _translate(self, walked: Walked | None) -> None:
        """Rewrite the packet as the connection's mapping says, and record it."""
        context, connection = self.context, self.context.connection
        assert connection is not None
        icmp = context.ip.payload
        is_error = isinstance(icmp, Icmp) and icmp.quoted is not None
        turn = translate_error if is_error else translate
        new, done, changes = turn(context.ip, connection, self.hook, is_reply=self.skb.is_reply)
        context.ip = new
        if not done:
            return
        if walked is not None and walked.target is not None:
            kind = "masquerade" if isinstance(walked.target, Masquerade) else done
            self._hop(kind, kind, self._rewritten(changes), walked, changes)
            return
        evidence = self._entry(connection)
        self._record(done, done, self._rewritten(changes), None, evidence, changes)

    def _rewritten(self, changes: tuple[Change, ...]) -> dict[str, str | int]:
        """Return what the captions of a rewrite name: the address (and port) before and after."""
        params: dict[str, str | int] = {"before": "", "after": "", "iface": self.where.name if self.where else ""}
        for change in changes:
            if change.field.startswith("ipv4."):
                params["before"], params["after"] = str(change.before), str(change.after)
        for change in changes:
            if change.field.endswith(("port", ".id")):
                before = params["before"] or self._address(change.field)
                after = params["after"] or self._address(change.field)
                params["before"], params["after"] = f"{before}:{change.before}", f"{after}:{change.after}"
        return params

    def _address(self, field: str) -> str:
        """Return the address beside a port that changed alone."""
        return str(self.context.ip.dst if field.endswith("dport") else self.context.ip.src)

    # --- the record ---------------------------------------------------------------------------------------------------

    def _hop(
        self, kind: str, code: str, params: dict[str, str | int], walked: Walked, changes: tuple[Change, ...] = ()
    ) -> None:
        evidence = TableEvidence(walked.table, walked.entry, walked.skipped, tuple(walked.matched), walked.verdict)
        self._record(kind, code, params, walked, evidence, changes)

    def _record(
        self,
        kind: str,
        code: str,
        params: dict[str, str | int],
        walked: Walked | None,
        evidence: Evidence | None,
        changes: tuple[Change, ...],
    ) -> None:
        table = walked.table if walked else ""
        stage = f"{table} {self.hook}".strip()
        interface = self.where.name if self.where else ""
        if self.packet.net is not self.context.ip:
            self.packet = self.packet.with_net(self.context.ip)
        self.netns.hop(self.packet, kind, interface, stage, code, params, evidence, changes, table, self.hook)
