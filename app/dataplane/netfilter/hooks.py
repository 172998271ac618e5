"""The five hooks: what a packet meets at each, in the order of the kernel's priorities.

    PREROUTING   raw, conntrack, mangle, nat (destination)
    INPUT        mangle, filter, nat (source), confirm
    FORWARD      mangle, filter
    OUTPUT       raw, conntrack, mangle, nat (destination), filter
    POSTROUTING  mangle, nat (source), confirm

Base chains of nftables stand between them by their priority, before a table of iptables with the same one: they are
registered later. Chains of type nat are asked where nat is, whatever their priority, until one makes a mapping.
Source: enum nf_ip_hook_priorities, include/uapi/linux/netfilter_ipv4.h; net/netfilter/core.c, nf_nat_core.c.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec.structs import replace

from app.dataplane.conntrack import Connection
from app.dataplane.fragment import reassemble
from app.dataplane.headers import Icmp
from app.dataplane.hop import Evidence, Text
from app.dataplane.interface import Interface
from app.dataplane.netfilter.nat import bind, manip_of, translate, translate_error
from app.dataplane.netfilter.passage import Passage, Walk
from app.dataplane.netfilter.targets import Dnat, Masquerade, Reject, Snat
from app.dataplane.netfilter.traverse import Walked, traverse
from app.dataplane.netns import NetNs
from app.dataplane.nft.evidence import ChainWalk
from app.dataplane.nft.ruleset import Hooked
from app.dataplane.nft.walk import walk_chain
from app.dataplane.packet import Packet

__all__ = ["run_hook"]


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
    if not netns.has_hooks:
        return packet
    return _Passage(netns, hook, packet, in_dev, out_dev, physdevs).run()


class _Passage(Passage):
    """One packet at one hook: the steps."""

    __slots__ = ()

    def run(self) -> Packet | None:
        """Go through what the hook holds, in order."""
        nft = self.netns.nft
        steps = self._with_chains(nft.hooked("filter", self.hook.lower())) if nft.is_active else ALONE[self.hook]
        for step in steps:
            if not step(self):
                return None
        return self._result()

    def _with_chains(self, chains: Sequence[Hooked]) -> Iterator[Step]:
        """Yield the steps, those of nftables' filter chains among them."""
        waiting = list(chains)
        for priority, step in STEPS[self.hook]:
            while waiting and waiting[0][0] <= priority:
                yield _chain_step(waiting.pop(0))
            yield step
        yield from map(_chain_step, waiting)

    def defragment(self) -> bool:
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

    # --- tables -------------------------------------------------------------------------------------------------------

    def _table(self, name: str) -> Walked | None:
        """Pass one table, and record it if any of its rules mattered."""
        table = self.tables[name]
        chain = table.chains.get(self.hook)
        if chain is None or (not chain.rules and chain.policy == "ACCEPT"):
            return None
        before = self.context.mark
        walked = traverse(table, chain, self.context)
        if walked.marks:
            self._record_marks(walked, before)
        return walked

    def _chain(self, table: str, name: str) -> ChainWalk:
        """Pass one base chain of nftables."""
        tables = self.netns.nft.tables
        before = self.context.mark
        walked = walk_chain(tables[table], tables[table].chains[name], self.context)
        if walked.marks:
            self._record_marks(walked, before)
        return walked

    def raw(self) -> bool:
        """Pass table raw, which may switch tracking off."""
        walked = self._table("raw")
        self.notrack = walked is not None and walked.is_notrack
        return walked is None or not self._is_dropped(walked)

    def mangle(self) -> bool:
        """Pass table mangle."""
        walked = self._table("mangle")
        return walked is None or not self._is_dropped(walked)

    def filter(self) -> bool:
        """Pass table filter."""
        walked = self._table("filter")
        return walked is None or not self._is_dropped(walked)

    def chain(self, table: str, name: str) -> bool:
        """Pass a base chain of type filter."""
        return not self._is_dropped(self._chain(table, name))

    def _is_dropped(self, walked: Walk) -> bool:
        """Record a filtering table's decision; True where the packet ends here."""
        if isinstance(walked.target, Reject):
            self._reject(walked, walked.target)
            return True
        if walked.is_dropped:
            params: dict[str, str | int] = {"table": walked.table, "chain": walked.chain, "verdict": walked.verdict}
            self._hop("drop", "drop-rule", params, walked)
            return True
        if walked.has_matched:
            params = {"table": walked.table, "chain": walked.chain, "verdict": walked.verdict}
            self._hop("hook", "hook", params, walked)
        return False

    def _reject(self, walked: Walk, target: Reject) -> None:
        """Drop the packet and tell its sender."""
        params: dict[str, str | int] = {"table": walked.table, "chain": walked.chain, "with": target.with_}
        icmp = self.context.ip.payload
        is_error = isinstance(icmp, Icmp) and icmp.quoted is not None  # icmp_send() tells nobody of an error's end
        self._hop("reject", "reject-error" if is_error else "reject", params, walked)
        self.netns.network.reject(self.netns, self._result(), target.with_)

    def _record_marks(self, walked: Walk, before: int) -> None:
        """Show each mark that was set to something else."""
        for old, new, evidence in walked.marked():
            if old != new and new:
                params: dict[str, str | int] = {"before": f"{before:#x}", "after": f"{new:#x}"}
                self._record("mark", "mark", params, walked, evidence, ())

    # --- conntrack ----------------------------------------------------------------------------------------------------

    def track(self) -> bool:
        """Find the packet's connection, unless it is known already (loopback, an error about it) or not wanted."""
        if self.skb.is_tracked:
            return True
        if self.notrack:
            self.context.state = "UNTRACKED"
            self.skb = replace(self.skb, is_tracked=True)
            return True
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
        return True

    def _entry(self, connection: Connection) -> Evidence:
        """Return the connection's line, if the table holds it (a reset may just have ended it)."""
        if self.netns.conntrack.holds(connection):
            return connection.evidence(self.netns.clock.now_us)
        return Text("conntrack -L", "")

    def confirm(self) -> bool:
        """The packet has passed everything: its new connection is entered into the table."""
        connection = self.context.connection
        if connection is None or connection.is_confirmed or self.context.state != "NEW":
            return True
        self.netns.conntrack.confirm(connection)
        evidence = connection.evidence(self.netns.clock.now_us)
        params: dict[str, str | int] = {"reply": connection.reply.text()}
        self._record("conntrack-new", "conntrack-new", params, None, evidence, ())
        return True

    # --- nat ----------------------------------------------------------------------------------------------------------

    def nat(self) -> bool:
        """Choose a mapping for a new flow, and apply what this hook has to of the mapping; False: dropped."""
        context, connection = self.context, self.context.connection
        if connection is None:
            return True
        manip = manip_of(self.hook)
        chosen: Walk | None = None
        if context.state == "NEW" and not connection.is_confirmed and manip not in connection.nat_done:
            connection.nat_done.add(manip)
            for walked in self._nat_chains():
                if walked is not None and isinstance(walked.target, Dnat | Snat | Masquerade):
                    bind(context, walked.target)
                    chosen = walked
                    break
                if walked is not None and self._is_dropped(walked):
                    return False
        self._translate(chosen)
        return True

    def _nat_chains(self) -> Iterable[Walk | None]:
        """Walk the chains of type nat one after the other. Source: nf_nat_inet_fn()."""
        if not self.netns.nft.is_active:
            return (self._table("nat"),)
        return self._both_nats(self.netns.nft.hooked("nat", self.hook.lower()))

    def _both_nats(self, chains: Sequence[Hooked]) -> Iterator[Walk | None]:
        own = NAT_PRIORITY[self.hook]
        yield from (self._chain(table, name) for priority, table, name in chains if priority <= own)
        yield self._table("nat")
        yield from (self._chain(table, name) for priority, table, name in chains if priority > own)

    def _translate(self, walked: Walk | None) -> None:
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


Step = Callable[[_Passage], bool]
"""What a packet passes at a hook; False: it ends there."""
LAST = 1 << 31
STEPS: dict[str, tuple[tuple[int, Step], ...]] = {
    "PREROUTING": (
        (-400, _Passage.defragment), (-300, _Passage.raw), (-200, _Passage.track), (-150, _Passage.mangle),
        (-100, _Passage.nat),
    ),
    "INPUT": ((-150, _Passage.mangle), (0, _Passage.filter), (100, _Passage.nat), (LAST, _Passage.confirm)),
    "FORWARD": ((-150, _Passage.mangle), (0, _Passage.filter)),
    "OUTPUT": (
        (-400, _Passage.defragment), (-300, _Passage.raw), (-200, _Passage.track), (-150, _Passage.mangle),
        (-100, _Passage.nat), (0, _Passage.filter),
    ),
    "POSTROUTING": ((-150, _Passage.mangle), (100, _Passage.nat), (LAST, _Passage.confirm)),
}  # fmt: skip
ALONE = {hook: tuple(step for _, step in steps) for hook, steps in STEPS.items()}
"""The steps where there are no chains of nftables."""
NAT_PRIORITY = {"PREROUTING": -100, "OUTPUT": -100, "INPUT": 100, "POSTROUTING": 100}


def _chain_step(hooked: Hooked) -> Step:
    _, table, name = hooked
    return lambda passage: passage.chain(table, name)
