"""Which Pod and which container `exec`, `attach`, `cp` and `port-forward` are about.

Source: kubectl pkg/polymorphichelpers/attachablepodforobject.go, pkg/cmd/util/podcmd.
"""

from __future__ import annotations

from app.control.podstate import is_ready
from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.objects import Object, Pod
from app.kube.scheme import Kind, kind_named
from app.kube.selectors import Selector
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.errors import error
from app.workloads.machine import Container, Machine

__all__ = ["DEFAULT_CONTAINER", "container_name", "find_pod", "machine_of", "meant", "pod_of", "running_container"]

DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"
_ACTIVE = {"": 0, "Pending": 1, "Unknown": 1, "Running": 2}


def find_pod(call: KubectlCall, words: list[str], namespace: str = "") -> Pod:
    """Return the Pod of `POD`, `TYPE/NAME` or `TYPE NAME`. StatusError: there is no such object."""
    place = namespace or call.namespace
    kind, name = meant(call, words)
    return pod_of(call, kind, call.api.get(kind.kind, name, place))


def meant(call: KubectlCall, words: list[str]) -> tuple[Kind, str]:
    """Return kind and name of `POD`, `TYPE/NAME` or `TYPE NAME`."""
    if len(words) > 1:
        return call.kind(words[0]), words[1]
    kind, slash, name = words[0].partition("/")
    if not slash:
        return kind_named("Pod"), kind
    if not kind or not name or "/" in name:
        raise error("arguments in resource/name form must have a single resource and name")
    return call.kind(kind), name


def pod_of(call: KubectlCall, kind: Kind, found: Object) -> Pod:
    """Return the Pod itself, or the one that an object's selector chooses first: one that runs, one that is ready."""
    if isinstance(found, Pod):
        return found
    if kind.kind == "Service":
        labels = mapping_at(found.body, "spec", "selector")
        if not labels:
            raise error(f"invalid service '{found.name}': Service is defined without a selector")
        selector = Selector.equal({str(key): str(value) for key, value in labels.items()})
    elif kind.kind in ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"):
        selector = Selector.of(mapping_at(found.body, "spec", "selector"))
    else:
        raise error(
            f"cannot attach to *{kind.version}.{kind.kind}: selector for *{kind.version}.{kind.kind} not implemented"
        )
    pods = [pod for pod in call.api.list("Pod", found.namespace, selector) if isinstance(pod, Pod)]
    if not pods:
        raise error("timed out waiting for the condition")
    return max(pods, key=_rank)


def _rank(pod: Pod) -> tuple[bool, int, bool]:
    """Source: Kubernetes pkg/controller/controller_utils.go, ActivePods."""
    phase = str(value_at(pod.body, "status", "phase") or "")
    return bool(pod.node_name), _ACTIVE.get(phase, 0), is_ready(pod)


def container_name(call: KubectlCall, pod: Pod, wanted: str, *, is_quiet: bool = False) -> str:
    """Return the container that is meant, and say so where it was chosen among several."""
    names = [str(each.get("name")) for each in list_at(pod.body, "spec", "containers")]
    init = [f"{each.get('name')} (init)" for each in list_at(pod.body, "spec", "initContainers")]
    every = ", ".join([*names, *init])
    wanted = wanted or str(pod.metadata.annotations.get(DEFAULT_CONTAINER) or "")
    if wanted:
        if wanted not in names:
            raise error(f"container {wanted} is not valid for pod {pod.name} out of: {every}")
        return wanted
    if not names:
        raise error(f"pod {pod.namespace}/{pod.name} does not have any containers")
    if not is_quiet and len(names) + len(init) > 1:
        call.note(f'Defaulted container "{names[0]}" out of: {every}')
    return names[0]


def machine_of(call: KubectlCall, pod: Object) -> Machine | None:
    """Return where the Pod's programs run; None while it is not on its node."""
    return call.live.machines.get(f"pod/{pod.namespace}/{pod.name}")


def running_container(call: KubectlCall, pod: Pod, name: str) -> tuple[Machine, Container]:
    """Return a container that runs. CommandError in the words of kubelet and container runtime."""
    machine = machine_of(call, pod)
    if machine is None and not pod.node_name:
        raise error(f"pod {pod.name} does not have a host assigned")
    container = machine.containers.get(name) if machine is not None else None
    if machine is None or container is None or container.state != "running":
        raise error(f'Internal error occurred: unable to upgrade connection: container not found ("{name}")')
    return machine, container
