"""Calico IPAM: a pool of addresses is cut into blocks; a node claims a block when it needs one, and then another.

    pool 10.2.0.0/16:  10.2.0.0/26 k8s-master-10 | 10.2.0.64/26 k8s-node-11 | 10.2.0.128/26 ... free

Every address of a block can be given out. One that was released goes to the end of the queue.
Source: projectcalico/calico libcalico-go/lib/ipam (ipam.go, ipam_block.go); facts/cni.md section 4. Simplified: a node
takes the next free block of the pool (Calico starts at a place drawn from the host's name), and no address is borrowed
from another node's block.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network

from app.control.ipam.host_local import Address, IpamError

__all__ = ["BLOCK_PREFIX", "Block", "CalicoIpam"]

BLOCK_PREFIX = 26
"""IPPool.spec.blockSize, the default for IPv4."""


class Block:
    """One block: the node that claimed it and who holds its addresses."""

    def __init__(self, cidr: IPv4Network, node: str) -> None:
        self.cidr = cidr
        self.node = node
        self.taken: dict[IPv4Address, str] = {}
        self._next = 0
        self._released: deque[IPv4Address] = deque()

    def take(self, owner: str, address: IPv4Address) -> IPv4Address:
        """Give this very address to `owner`. IpamError: somebody has it."""
        if address in self.taken:
            raise IpamError(f"address {address} is already assigned to {self.taken[address]}")
        self.taken[address] = owner
        return address

    def take_next(self, owner: str, avoid: Collection[Address]) -> IPv4Address | None:
        """Give the next address of the queue to `owner`, None if there is none; those in `avoid` are passed over."""
        for address in self._queue():
            if address in avoid:
                self._released.append(address)
            elif address not in self.taken:
                return self.take(owner, address)
        return None

    def _queue(self) -> Iterator[IPv4Address]:
        """Yield addresses never given out, in order, then those that went back to the end."""
        while self._next < self.cidr.num_addresses:
            self._next += 1
            yield self.cidr[self._next - 1]
        for _ in range(len(self._released)):
            yield self._released.popleft()

    def release(self, owner: str) -> None:
        """Take back what `owner` holds."""
        freed = [address for address, holder in self.taken.items() if holder == owner]
        self._released.extend(freed)
        for address in freed:
            del self.taken[address]


class CalicoIpam:
    """The blocks of one pool, for a whole cluster.

    `given` are nodes whose only block is fixed; `promised` maps addresses that Pods ask for by annotation to the Pod's
    node, so that no other node claims the block around them first.
    """

    def __init__(
        self, pool: IPv4Network, given: Mapping[str, IPv4Network], promised: Mapping[IPv4Address, str]
    ) -> None:
        self.pool = pool
        self.given = given
        self.size = max(BLOCK_PREFIX, pool.prefixlen)
        self.blocks: dict[str, list[Block]] = {}
        self._by_cidr: dict[IPv4Network, Block] = {}
        self._reserved = {self._around(a): node for a, node in promised.items() if a in pool and node not in given}
        self._free = iter(pool.subnets(new_prefix=self.size))

    def of_node(self, node: str) -> list[Block]:
        """Return the blocks that a node has claimed, in that order."""
        return self.blocks.get(node, [])

    def claim_given(self, node: str) -> Block | None:
        """Claim the block that is fixed for the node, at once; None if none is fixed."""
        return self._claim(node, self.given[node]) if node in self.given else None

    def assign(
        self, node: str, owner: str, requested: IPv4Address | None = None, avoid: Collection[Address] = ()
    ) -> tuple[IPv4Address, Block | None]:
        """Give `owner` on `node` an address; return it, and the block that had to be claimed for it, if one had.

        IpamError: the requested address is taken or lies elsewhere, or nothing is left.
        """
        if requested is not None:
            block, is_new = self._block_for(node, requested)
            return block.take(owner, requested), block if is_new else None
        for block in self.of_node(node):
            found = block.take_next(owner, avoid)
            if found is not None:
                return found, None
        while True:
            block = self._next_block(node)
            found = block.take_next(owner, avoid)
            if found is not None:
                return found, block

    def _block_for(self, node: str, address: IPv4Address) -> tuple[Block, bool]:
        for block in self.of_node(node):
            if address in block.cidr:
                return block, False
        if node in self.given:
            raise IpamError(f"{address} is not in {self.given[node]}, the block of {node}")
        if address not in self.pool:
            raise IpamError(f"{address} is not in the IP pool {self.pool}")
        cidr = self._around(address)
        holder = self._holder(cidr)
        if holder not in (None, node):
            raise IpamError(f"{address} is in {cidr}, a block of {holder}")
        return self._claim(node, cidr), True

    def _next_block(self, node: str) -> Block:
        """Claim one more block: one reserved for this node first, then the next free one of the pool."""
        if node in self.given:
            raise IpamError(f"no address is left in {self.given[node]}, the block of {node}")
        for cidr, holder in self._reserved.items():
            if holder == node and cidr not in self._by_cidr:
                return self._claim(node, cidr)
        for cidr in self._free:
            if self._holder(cidr) is None:
                return self._claim(node, cidr)
        raise IpamError(f"no free block is left in the IP pool {self.pool}")

    def _holder(self, cidr: IPv4Network) -> str | None:
        """Return the node that has the block, or that it is kept for."""
        if cidr in self._by_cidr:
            return self._by_cidr[cidr].node
        overlapping = (node for node, given in self.given.items() if given.overlaps(cidr))
        return next(overlapping, self._reserved.get(cidr))

    def _around(self, address: IPv4Address) -> IPv4Network:
        return IPv4Network((address, self.size), strict=False)

    def _claim(self, node: str, cidr: IPv4Network) -> Block:
        block = self._by_cidr[cidr] = Block(cidr, node)
        self.blocks.setdefault(node, []).append(block)
        return block
