"""What a kubelet says of its node when it registers: labels, conditions, how much there is of what, its version.

Source: Kubernetes pkg/kubelet/nodestatus/setters.go, pkg/kubelet/kubelet_node_status.go (initialNode); kubeadm's
markcontrolplane phase for the labels of a control plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.bodies import mapping_at, time_text
from app.kube.clusterspec import CONTROL_PLANE, ClusterSpec

ARCH, SYSTEM = "amd64", "linux"
CPUS, MEMORY, DISK, PODS = "4", "8148544Ki", "51343840Ki", "110"
ALLOCATABLE_MEMORY, ALLOCATABLE_DISK = "8046144Ki", "47318482873"
"""Less 100Mi that the kubelet keeps for eviction, and 10% of the disk."""
RUNTIMES = (((1, 24), "containerd://1.7.27"), ((1, 0), "docker://19.3.13"))
"""dockershim left with 1.24; before it most clusters had Docker."""
CONDITIONS = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def registered_labels(name: str, roles: tuple[str, ...], spec: ClusterSpec) -> dict[str, str]:
    """Return the labels that a node has before anybody adds some."""
    found = {"kubernetes.io/hostname": name}
    if spec.controllers == "none":
        return found
    found |= {
        "beta.kubernetes.io/arch": ARCH,
        "beta.kubernetes.io/os": SYSTEM,
        "kubernetes.io/arch": ARCH,
        "kubernetes.io/os": SYSTEM,
    }
    version = spec.version_numbers
    if CONTROL_PLANE in roles and version < (1, 24):
        found["node-role.kubernetes.io/master"] = ""
    if CONTROL_PLANE in roles and version >= (1, 21):
        found["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
    return found


def registered_status(given: Mapping[str, Any], spec: ClusterSpec) -> dict[str, Any]:
    """Return a node's status with what its kubelet reports; what is given stays."""
    if spec.controllers == "none":
        return dict(given)
    now = time_text(spec.clock)
    capacity = {"cpu": CPUS, "ephemeral-storage": DISK, "memory": MEMORY, "pods": PODS}
    allocatable = {**capacity, "ephemeral-storage": ALLOCATABLE_DISK, "memory": ALLOCATABLE_MEMORY}
    conditions = [
        {
            "type": kind,
            "status": value,
            "lastHeartbeatTime": now,
            "lastTransitionTime": now,
            "reason": reason,
            "message": message,
        }
        for kind, value, reason, message in CONDITIONS
    ]
    made = {"capacity": capacity, "allocatable": allocatable, "conditions": conditions, **given}
    made["nodeInfo"] = {**_node_info(spec), **mapping_at(given, "nodeInfo")}
    return made


def _node_info(spec: ClusterSpec) -> dict[str, str]:
    version = spec.git_version
    runtime = next(text for since, text in RUNTIMES if spec.version_numbers >= since)
    return {
        "architecture": ARCH,
        "containerRuntimeVersion": runtime,
        "kernelVersion": "6.18.0",
        "kubeProxyVersion": version if spec.version_numbers < (1, 33) else "",
        "kubeletVersion": version,
        "operatingSystem": SYSTEM,
        "osImage": "Linux",
    }
