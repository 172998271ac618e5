"""A packet at a hook: what is known of it there, and how what happens to it is recorded."""

from __future__ import annotations

from app.core.addresstext import address_text
from app.dataplane.headers import IPv4
from app.dataplane.hop import Change, Evidence
from app.dataplane.interface import Interface
from app.dataplane.netfilter.context import Context
from app.dataplane.netfilter.traverse import Walked
from app.dataplane.netns import NetNs
from app.dataplane.nft.evidence import ChainWalk
from app.dataplane.packet import Packet, Skb

__all__ = ["Passage", "Walk"]

Walk = Walked | ChainWalk
"""A table of iptables or a base chain of nftables that the packet passed."""


class Passage:
    """One packet at one hook. `context` is the packet as it is now, `packet` as it was last recorded."""

    __slots__ = ("context", "hook", "netns", "notrack", "packet", "skb", "tables", "where")

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
        self.notrack = False
        self.where = (in_dev if hook in ("PREROUTING", "INPUT") else out_dev) or in_dev or out_dev
        self.context = Context(
            netns, hook, ip, in_dev, out_dev, self.skb.mark, self.skb.connection, self.skb.state,
            is_bridged=bool(physdevs[1]), physdev_in=physdevs[0] or self.skb.physdev_in, physdev_out=physdevs[1],
        )  # fmt: skip

    def _result(self) -> Packet:
        context = self.context
        old, packet = self.skb, self.packet
        skb = Skb(
            context.mark, context.connection, old.is_reply, context.state, old.is_tracked, old.bridge_port,
            old.frame_src, old.is_prerouted, old.is_redirected, old.physdev_in,
        )  # fmt: skip
        return Packet(packet.number, packet.leg, packet.attempt, packet.eth, context.ip, skb)

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
        return address_text(self.context.ip.dst if field.endswith("dport") else self.context.ip.src)

    # --- the record ---------------------------------------------------------------------------------------------------

    def _hop(
        self, kind: str, code: str, params: dict[str, str | int], walked: Walk, changes: tuple[Change, ...] = ()
    ) -> None:
        self._record(kind, code, params, walked, walked.evidence(), changes)

    def _record(
        self,
        kind: str,
        code: str,
        params: dict[str, str | int],
        walked: Walk | None,
        evidence: Evidence | None,
        changes: tuple[Change, ...],
    ) -> None:
        table, chain = (walked.table, walked.chain) if walked else ("", self.hook)
        stage = f"{table} {chain}".strip()
        interface = self.where.name if self.where else ""
        if self.packet.net is not self.context.ip:
            self.packet = self.packet.with_net(self.context.ip)
        self.netns.hop(self.packet, kind, interface, stage, code, params, evidence, changes, table, chain)
