"""Sandboxes: a modelled cluster to send packets in, one per socket, so that no visitor ever sees another's.

A sandbox is (cluster file, seed): every send is walked from the cluster's start state, exactly as `podwalk trace`
walks it, so a dropped sandbox loses nothing and the same question has the same answer on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from app.core.limits import limit
from app.web.aside import compute_aside
from app.web.backend import Model, View
from app.web.commands import SandboxSend
from app.web.lru import LruCache

#: Characters of a name on a button.
LONGEST_NAME = 13


class Sandboxes:
    """The open sandboxes by owner (a socket's id)."""

    def __init__(self, make_model: Callable[[], Model]) -> None:
        self._make_model = make_model
        self._models: LruCache[str, Model] = LruCache(limit("web.sandboxes"))

    def open(self, owner: str) -> View:
        """Return the scene, who can send, and a few flows worth sending first."""
        model = self._model(owner)
        scene = model.scene()
        return {"scene": scene, "who": senders(scene), "presets": list(presets(scene, model.services()))}

    def send(self, owner: str, command: SandboxSend) -> View:
        """Send one flow and return its trace beside the scene."""
        model = self._model(owner)
        trace = compute_aside(lambda: model.send(command))
        return {"trace": trace, "scene": model.scene()}

    def close(self, owner: str) -> None:
        """Forget the sandbox of a socket that is gone."""
        self._models.drop(owner)

    def __len__(self) -> int:
        return len(self._models)

    def _model(self, owner: str) -> Model:
        return self._models.get(owner, self._make_model)


def senders(scene: View) -> list[str]:
    """Return every WHO of the scene: pods, nodes, then hosts outside, each in file order."""
    order = {"pod": 0, "node": 1, "external": 2, "gateway": 3}
    rooms = sorted((room for room in scene["rooms"] if room["kind"] in order), key=lambda room: order[room["kind"]])
    return [_who(room) for room in rooms]


def _who(room: View) -> str:
    return f"node/{room['id']}" if room["kind"] == "node" else str(room["id"])


def presets(scene: View, services: Sequence[tuple[str, str]] = ()) -> Iterator[dict[str, str]]:
    """Yield flows worth sending first, a ping between pods of two nodes at the head: {from, to, label}.

    The cluster's own pods (its DNS) come last. `services`: (name, namespace) of those that answer http://NAME.
    """
    pods = sorted((room for room in scene["rooms"] if room["kind"] == "pod"), key=_is_system)
    nodes = [room for room in scene["rooms"] if room["kind"] == "node"]
    outside = [room for room in scene["rooms"] if room["kind"] in ("gateway", "external")]
    yield from _first_pair(pods, same_node=False)
    yield from _first_pair(pods, same_node=True)
    yield from _first_listener(pods)
    if pods and services:
        name, namespace = services[0]
        host = name if namespace == _namespace(pods[0]) else f"{name}.{namespace}"
        yield _preset(pods[0], f"http://{host}", host)
    others = [*nodes[1:], *outside]
    if nodes and others:
        yield _preset(nodes[0], f"icmp://{others[0]['ip']}", others[0]["label"])


def _first_listener(pods: list[View]) -> Iterator[dict[str, str]]:
    for receiver in pods:
        ports = [item.removeprefix("tcp/") for item in receiver["listens"] if item.startswith("tcp/")]
        sender = next((pod for pod in pods if pod["id"] != receiver["id"]), None)
        if ports and sender:
            yield _preset(sender, f"tcp://{receiver['ip']}:{ports[0]}", f"{_short(receiver['label'])}:{ports[0]}")
            return


def _first_pair(pods: list[View], *, same_node: bool) -> Iterator[dict[str, str]]:
    for sender in pods:
        for receiver in pods:
            if sender["id"] != receiver["id"] and (sender["parent"] == receiver["parent"]) == same_node:
                yield _preset(sender, f"icmp://{receiver['ip']}", _short(receiver["label"]))
                return


def _namespace(pod: View) -> str:
    return str(pod["id"]).split("/")[1]


def _is_system(pod: View) -> bool:
    return _namespace(pod) == "kube-system"


def _preset(sender: View, to: str, receiver: str) -> dict[str, str]:
    scheme = to.partition(":")[0]
    verb = "ping" if scheme == "icmp" else scheme
    return {"from": _who(sender), "to": to, "label": f"{verb} {_short(sender['label'])} → {receiver}"}


def _short(name: str) -> str:
    """Return a generated name without its middle: such names differ at both ends."""
    return name if len(name) <= LONGEST_NAME else f"{name[:8]}…{name[-(LONGEST_NAME - 9) :]}"
