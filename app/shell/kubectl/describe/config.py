"""`kubectl describe` of Namespaces, ConfigMaps, Secrets and ServiceAccounts."""

from __future__ import annotations

import base64
import binascii

from app.kube.bodies import list_at, mapping_at
from app.kube.tables.table import NONE
from app.shell.kubectl.describe.writer import DESCRIBERS, Described, Writer, heading

__all__ = ["config_map", "namespace", "secret", "service_account"]


def _bytes(text: object) -> int:
    """Return how many bytes a base64 text stands for."""
    try:
        return len(base64.b64decode(str(text)))
    except (binascii.Error, ValueError):
        return len(str(text).encode())


@DESCRIBERS.register("Namespace")
def namespace(about: Described, out: Writer) -> None:
    """Write a Namespace; quotas and limit ranges are not modelled: there are none."""
    heading(about, out, with_namespace=False)
    out.line(f"Status:\t{about.status.get('phase') or ''}")
    for text in ("No resource quota.", "No LimitRange resource."):
        out.line()
        out.line(text)


@DESCRIBERS.register("ConfigMap")
def config_map(about: Described, out: Writer) -> None:
    """Write a ConfigMap with its texts."""
    heading(about, out)
    out.line()
    out.line("Data")
    out.line("====")
    data, binary = mapping_at(about.body, "data"), mapping_at(about.body, "binaryData")
    for key in sorted(data):
        out.line(f"{key}:")
        out.line("----")
        out.line(f"{data[key]}\n")
    out.line()
    out.line("BinaryData")
    out.line("====")
    for key in sorted(binary):
        out.line(f"{key}: {_bytes(binary[key])} bytes")
    out.line()
    about.events(out)


@DESCRIBERS.register("Secret")
def secret(about: Described, out: Writer) -> None:
    """Write a Secret: how long its values are, and not what they say."""
    heading(about, out)
    out.line()
    out.line(f"Type:\t{about.body.get('type') or 'Opaque'}")
    out.line()
    out.line("Data")
    out.line("====")
    data = mapping_at(about.body, "data")
    for key in sorted(data):
        out.line(f"{key}:\t{_bytes(data[key])} bytes")


@DESCRIBERS.register("ServiceAccount")
def service_account(about: Described, out: Writer) -> None:
    """Write a ServiceAccount; names of Secrets that are not there are marked."""
    heading(about, out)
    there = {each.name for each in about.call.api.list("Secret", about.object.namespace)}
    pull = [str(each.get("name")) for each in list_at(about.body, "imagePullSecrets")]
    mountable = [str(each.get("name")) for each in list_at(about.body, "secrets")]
    for title, names in (("Image pull secrets", pull), ("Mountable secrets", mountable), ("Tokens", [])):
        out.several(title, [name if name in there else f"{name} (not found)" for name in names] or [NONE])
    about.events(out)
