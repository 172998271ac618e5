"""Volumes that are texts: ConfigMaps and Secrets that a Pod mounts appear as files in its containers.

Source: Kubernetes pkg/volume/configmap, pkg/volume/secret. What is mounted hides what the image had there; with subPath
it is one file. Changes of the object reach the files when the container starts again (docs/fidelity.md#workloads).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from app.kube.store import Store
from app.workloads.machine import Container

__all__ = ["mount"]


def mount(container: Container, store: Store) -> None:
    """Write the files of every ConfigMap and Secret that is mounted. An object that is not there gives none."""
    pod = container.machine.pod
    spec: Mapping[str, Any] = (pod.body.get("spec") or {}) if pod is not None else {}
    volumes = {volume.get("name"): volume for volume in spec.get("volumes") or ()}
    for place in container.spec.get("volumeMounts") or ():
        volume = volumes.get(place.get("name"))
        if pod is None or volume is None:
            continue
        texts = _texts(volume, store, pod.namespace)
        if texts is None:
            continue
        path, sub_path = str(place.get("mountPath", "")).rstrip("/"), str(place.get("subPath", ""))
        if sub_path:
            if sub_path in texts:
                container.files.write(path, texts[sub_path])
            continue
        for name in [each for each in container.files.paths() if each.startswith(path + "/")]:
            container.files.remove(name)
        container.files.make_directory(path)
        for name, text in texts.items():
            container.files.write(f"{path}/{name}", text)


def _texts(volume: Mapping[str, Any], store: Store, namespace: str) -> dict[str, str] | None:
    """Return a volume's files by name; None where it is of another kind, or its object is not there."""
    if "configMap" in volume:
        source, kind, name = volume["configMap"] or {}, "ConfigMap", "name"
    elif "secret" in volume:
        source, kind, name = volume["secret"] or {}, "Secret", "secretName"
    else:
        return None
    found = store.get(kind, str(source.get(name, "")), namespace)
    if found is None:
        return None
    data = found.body.get("data") or {}
    texts = {key: _decoded(str(value)) if kind == "Secret" else str(value) for key, value in data.items()}
    texts |= {key: str(value) for key, value in (found.body.get("stringData") or {}).items()}
    items = source.get("items")
    if not items:
        return texts
    return {str(item["path"]): texts[item["key"]] for item in items if item.get("key") in texts and "path" in item}


def _decoded(value: str) -> str:
    """Return the text of a Secret's value; what is no base64 stays as it is."""
    try:
        return base64.b64decode(value).decode("utf-8", "replace")
    except binascii.Error:
        return value
