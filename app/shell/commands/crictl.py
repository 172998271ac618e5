"""`crictl`: what the container runtime of a node has. Source: cri-tools 1.32, cmd/crictl."""

from __future__ import annotations

import json
from collections.abc import Sequence

from app.core.errors import did_you_mean
from app.shell.processes import container_id, containers_of, pod_id, processes_of
from app.shell.result import CommandError, CommandResult, not_modelled, said
from app.shell.terminal import COMMANDS, Terminal
from app.workloads.machine import Container, Machine

__all__ = ["crictl"]

SHOWN = 13
STATES = {"running": "Running", "terminated": "Exited", "waiting": "Created"}
VERBS = ("ps", "pods", "inspect", "version")


@COMMANDS.register("crictl")
def crictl(at: Terminal, args: Sequence[str]) -> CommandResult:
    """Ask the container runtime of this node: crictl ps [-a], crictl pods, crictl inspect ID."""
    verb = args[0] if args else ""
    if at.machine is None or at.machine.pod is not None or not at.machine.name.startswith("node/"):
        raise CommandError("FATA validate service connection: no container runtime on this machine\n", 1)
    if verb == "ps":
        head = ["CONTAINER", "IMAGE", "CREATED", "STATE", "NAME", "ATTEMPT", "POD ID", "POD"]
        return said(_table(head, _ps(at, args)))
    if verb == "pods":
        head = ["POD ID", "CREATED", "STATE", "NAME", "NAMESPACE", "ATTEMPT", "RUNTIME"]
        return said(_table(head, _pods(at)))
    if verb == "inspect":
        return _inspect(at, [word for word in args[1:] if not word.startswith("-")])
    if verb == "version":
        return said(["Version:  0.1.0", "RuntimeName:  containerd", "RuntimeApiVersion:  v1"])
    if not verb or verb in ("help", "-h", "--help"):
        return said(["USAGE:", f"   crictl command, one of: {', '.join(VERBS)}"])
    if verb in ("logs", "exec", "images", "stats", "stop", "rm", "stopp", "rmp"):
        raise not_modelled(f"crictl {verb}", "modelled: ps, pods, inspect; kubectl logs and exec do the rest")
    raise CommandError(f"No help topic for '{verb}'{did_you_mean(verb, VERBS)}\n", 3)


def _ps(at: Terminal, args: Sequence[str]) -> list[list[str]]:
    every = bool({"-a", "--all"} & set(args))
    found = [(machine, each) for machine, each in containers_of(at) if every or each.state == "running"]
    return [
        [
            container_id(machine, each)[:SHOWN], each.image, _ago(at, each.started_us), STATES[each.state], each.name,
            str(each.restarts), pod_id(machine)[:SHOWN], machine.name.rpartition("/")[2],
        ]
        for machine, each in found
    ]  # fmt: skip


def _pods(at: Terminal) -> list[list[str]]:
    machines: dict[str, tuple[Machine, Container]] = {}
    for machine, container in containers_of(at):
        machines.setdefault(machine.name, (machine, container))
    return [
        [pod_id(machine)[:SHOWN], _ago(at, first.started_us), "Ready", *_names(machine)]
        for machine, first in machines.values()
    ]


def _names(machine: Machine) -> list[str]:
    _, namespace, name = machine.name.split("/")
    return [name, namespace, "0", "(default)"]


def _inspect(at: Terminal, words: list[str]) -> CommandResult:
    if not words:
        raise CommandError("FATA ID cannot be empty\n", 1)
    found = [(m, c) for m, c in containers_of(at) if container_id(m, c).startswith(words[0])]
    if len(found) != 1:
        raise CommandError(f'FATA getting the status of the container "{words[0]}": not found\n', 1)
    machine, container = found[0]
    pid = next((each.pid for each in processes_of(at) if each.netns is machine.netns), 0)
    status = {
        "id": container_id(machine, container),
        "metadata": {"attempt": container.restarts, "name": container.name},
        "state": f"CONTAINER_{STATES[container.state].upper()}",
        "image": {"image": container.image},
    }
    info = {"sandboxID": pod_id(machine), "pid": pid}
    return CommandResult(0, json.dumps({"status": status, "info": info}, indent=2) + "\n", "")


def _ago(at: Terminal, started_us: int) -> str:
    """Return how long ago something was. Source: docker/go-units, HumanDuration()."""
    seconds = (at.netns.clock.now_us - started_us) // 1_000_000
    if seconds < 1:
        return "Less than a second ago"
    if seconds < 60:
        return f"{seconds} second{'s' if seconds > 1 else ''} ago"
    if seconds < 120:
        return "About a minute ago"
    if 3600 <= seconds < 5400:
        return "About an hour ago"
    size, name = (60, "minutes") if seconds < 3600 else (3600, "hours") if seconds < 172_800 else (86_400, "days")
    return f"{seconds // size} {name} ago"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    every = [head, *rows]
    widths = [max(len(row[n]) for row in every) + 5 for n in range(len(head))]
    return ["".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in every]
