"""A trace as one picture: rooms, interfaces and cables of the scene, the way of the packet, and a list of its hops."""

from app.sim.picture.picture import picture

__all__ = ["picture"]
