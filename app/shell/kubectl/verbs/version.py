"""`kubectl version` and `cluster-info`."""

from __future__ import annotations

import json
from typing import Any

from app.kube.bodies import list_at
from app.kube.selectors import Selector
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.kubeconfig import Kubeconfig
from app.shell.kubectl.output.yamltext import to_yaml
from app.shell.result import CommandResult

__all__ = ["cluster_info", "version"]

CLIENT, KUSTOMIZE = "v1.32.3", "v5.5.0"
SKEW = 1


def _info(text: str) -> dict[str, Any]:
    """Return the facts of a build; commit and dates are the real builds' own and not told."""
    major, minor = text.removeprefix("v").split(".")[:2]
    return {"major": major, "minor": minor, "gitVersion": text, "gitTreeState": "clean", "compiler": "gc",
            "platform": "linux/amd64"}  # fmt: skip


@VERBS.register("version")
def version(call: KubectlCall) -> CommandResult:
    """Print the versions of the client and of the server."""
    if call.args:
        raise error(f"extra arguments: [{' '.join(call.args)}]")
    form = call.flags.text("output")
    if form not in ("", "yaml", "json"):
        raise error("--output must be 'yaml' or 'json'")
    server = "" if call.flags.is_on("client") else call.live.spec.git_version
    if form:
        data: dict[str, Any] = {"clientVersion": _info(CLIENT), "kustomizeVersion": KUSTOMIZE}
        if server:
            data["serverVersion"] = _info(server)
        call.write(json.dumps(data, indent=2) + "\n" if form == "json" else to_yaml(data) + "\n")
    else:
        call.say(f"Client Version: {CLIENT}")
        call.say(f"Kustomize Version: {KUSTOMIZE}")
        if server:
            call.say(f"Server Version: {server}")
    minors = [int(text.split(".")[1]) for text in (CLIENT, server or CLIENT)]
    if abs(minors[0] - minors[1]) > SKEW:
        call.note(
            f"WARNING: version difference between client (1.{minors[0]}) and server (1.{minors[1]}) exceeds the "
            "supported minor version skew of +/-1"
        )
    return call.done()


@VERBS.register("cluster-info")
def cluster_info(call: KubectlCall) -> CommandResult:
    """Print where the API server and the cluster's own services are."""
    server = Kubeconfig(call.terminal).server
    call.say(f"Kubernetes control plane is running at {server}")
    own = Selector.equal({"kubernetes.io/cluster-service": "true"})
    for service in call.api.list("Service", "kube-system", own):
        name = service.metadata.labels.get("kubernetes.io/name") or service.name
        port: dict[str, Any] = next(iter(list_at(service.body, "spec", "ports")), {})
        path = f"{service.name}:{port.get('name') or port.get('port')}"
        call.say(f"{name} is running at {server}/api/v1/namespaces/kube-system/services/{path}/proxy")
    call.say("")
    call.say("To further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.")
    return call.done()
