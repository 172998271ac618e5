"""~/.kube/config of the terminal: kubeadm's admin.conf until `kubectl config` writes another one."""

from __future__ import annotations

from typing import Any

from app.core.errors import PodwalkError
from app.core.yaml12 import load_documents
from app.kube.bodies import list_at, mapping_at
from app.shell.kubectl.output.yamltext import to_yaml
from app.shell.terminal import Terminal

__all__ = ["PATH", "USER", "Kubeconfig"]

HOME = "/root"
PATH = f"{HOME}/.kube/config"
CLUSTER, USER = "kubernetes", "kubernetes-admin"
CONTEXT = f"{USER}@{CLUSTER}"
PORT = 6443
HIDDEN = "DATA+OMITTED"


class Kubeconfig:
    """The configuration as plain data. `text` of a file that cannot be read counts as none."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.data: dict[str, Any] = self._read() or _admin_conf(_server(terminal))

    def _read(self) -> dict[str, Any] | None:
        text = self.terminal.files.read(PATH)
        if text is None:
            return None
        try:
            found = load_documents(text, PATH)
        except PodwalkError:
            return None
        data = found[0].data if found else None
        return data if isinstance(data, dict) else None

    @property
    def current(self) -> str:
        """The name of the current context."""
        return str(self.data.get("current-context") or "")

    @property
    def namespace(self) -> str:
        """The namespace of the current context; "" where it names none."""
        return str(self.context(self.current).get("namespace") or "")

    @property
    def server(self) -> str:
        """The API server's URL."""
        name = self.context(self.current).get("cluster")
        found: dict[str, Any] = next((c for c in list_at(self.data, "clusters") if c.get("name") == name), {})
        return str(mapping_at(found, "cluster").get("server") or "")

    def context(self, name: str) -> dict[str, Any]:
        """Return a context's entry; an empty one where there is none."""
        found = next((c for c in list_at(self.data, "contexts") if c.get("name") == name), None)
        return found["context"] if found and isinstance(found.get("context"), dict) else {}

    def write(self) -> None:
        """Put it into the terminal's files."""
        self.terminal.files.write(PATH, to_yaml(self.data))


def _server(terminal: Terminal) -> str:
    nodes = terminal.live.file.nodes if terminal.live else ()
    first = next((node for node in nodes if node.is_control_plane), nodes[0] if nodes else None)
    return f"https://{first.ip if first else '127.0.0.1'}:{PORT}"


def _admin_conf(server: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "clusters": [{"cluster": {"certificate-authority-data": HIDDEN, "server": server}, "name": CLUSTER}],
        "contexts": [{"context": {"cluster": CLUSTER, "user": USER}, "name": CONTEXT}],
        "current-context": CONTEXT,
        "kind": "Config",
        "preferences": {},
        "users": [{"name": USER, "user": {"client-certificate-data": HIDDEN, "client-key-data": HIDDEN}}],
    }
