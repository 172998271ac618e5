"""ConfigMaps and Secrets of `create configmap` and `create secret`.

Source: kubectl pkg/cmd/create/create_configmap.go, create_secret*.go, pkg/util/hash/hash.go, pkg/cmd/util/env_file.go.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from app.kube.validation.causes import CONFIG_KEY, CONFIG_KEY_WORDS, ENV_NAME, ENV_NAME_WORDS
from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.body import Body, ReadFile, metadata, object_of
from app.shell.kubectl.output.jsontext import compact_json

__all__ = ["config_map", "data_of", "docker_secret", "secret", "tls_secret"]

_CONSONANTS = str.maketrans("013ae", "ghkmt")


def data_of(
    kind: str, name: str, read: ReadFile, *, literals: Sequence[str], files: Sequence[str], env_files: Sequence[str]
) -> dict[str, str]:
    """Return the keys and texts of `--from-file`, `--from-literal` or `--from-env-file` for a ConfigMap or Secret."""
    if env_files and (files or literals):
        raise error("from-env-file cannot be combined with from-file or from-literal")
    data: dict[str, str] = {}
    entries = [entry for source in files for entry in _file_entries(source, read)]
    entries += [_literal(source) for source in literals]
    entries += [entry for source in env_files for entry in _env_entries(source, read)]
    for key, text in entries:
        _check_key(kind, name, key, data)
        data[key] = text
    return data


def _check_key(kind: str, name: str, key: str, data: Mapping[str, str]) -> None:
    if not re.fullmatch(CONFIG_KEY, key):
        raise error(f'"{key}" is not a valid key name for a {kind}: {CONFIG_KEY_WORDS}')
    if key in data:
        if kind == "ConfigMap":
            where = f'Data for ConfigMap "{name}"'
            raise error(f'cannot add key "{key}", another key by that name already exists in {where}')
        raise error(f"cannot add key {key}, another key by that name already exists")


def _literal(source: str) -> tuple[str, str]:
    key, equals, value = source.partition("=")
    if not equals or not key:
        raise error(f"invalid literal source {source}, expected key=value")
    return key, value


def _file_entries(source: str, read: ReadFile) -> list[tuple[str, str]]:
    key, equals, path = source.partition("=")
    if source.count("=") > 1:
        raise error("key names or file paths cannot contain '='")
    if not equals:
        path, key = source, source.rstrip("/").rpartition("/")[2]
    elif not key:
        raise error(f"key name for file path {path} missing")
    elif not path:
        raise error(f"file path for key name {key} missing")
    found = read(path)
    if found is None:
        raise error(f"error reading {path}: no such file or directory")
    if isinstance(found, str):
        return [(key, found)]
    if equals:
        raise error("cannot give a key name for a directory path")
    return sorted(found.items())


def _env_entries(path: str, read: ReadFile) -> list[tuple[str, str]]:
    found = read(path)
    if found is None:
        raise error(f"error reading {path}: no such file or directory")
    if not isinstance(found, str):
        raise error("env config file cannot be a directory")
    entries = []
    for line in found.removeprefix("\ufeff").split("\n"):
        text = line.removesuffix("\r").lstrip()
        if not text or text.startswith("#"):
            continue
        key, _, value = text.partition("=")
        if not re.fullmatch(ENV_NAME, key):
            raise error(f'"{key}" is not a valid key name: {ENV_NAME_WORDS}')
        entries.append((key, value))
    return entries


def config_map(name: str, namespace: str, data: Mapping[str, str], *, append_hash: bool = False) -> Body:
    """Return a ConfigMap of these texts."""
    if append_hash:
        name += "-" + _hash({"data": dict(data), "kind": "ConfigMap", "name": name})
    return object_of("v1", "ConfigMap", metadata(name, namespace), data=dict(sorted(data.items())) or None)


def secret(
    name: str, namespace: str, data: Mapping[str, str], *, type_name: str = "", append_hash: bool = False
) -> Body:
    """Return a Secret of these texts, each in base64."""
    encoded = {key: base64.b64encode(text.encode()).decode() for key, text in sorted(data.items())}
    if append_hash:
        name += "-" + _hash({"data": encoded, "kind": "Secret", "name": name, "type": type_name})
    return object_of("v1", "Secret", metadata(name, namespace), data=encoded or None, type=type_name or None)


def tls_secret(name: str, namespace: str, cert: str, key: str, read: ReadFile, *, append_hash: bool = False) -> Body:
    """Return `create secret tls`: both files must hold PEM blocks; whether the key fits is not looked at."""
    if not cert or not key:
        raise error("key and cert must be specified")
    texts = {"tls.crt": _pem(read, cert), "tls.key": _pem(read, key)}
    if "-----BEGIN CERTIFICATE-----" not in texts["tls.crt"]:
        raise error("tls: failed to find any PEM data in certificate input")
    if not re.search(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----", texts["tls.key"]):
        raise error("tls: failed to find any PEM data in key input")
    return secret(name, namespace, texts, type_name="kubernetes.io/tls", append_hash=append_hash)


def _pem(read: ReadFile, path: str) -> str:
    found = read(path)
    if found is None:
        raise error(f"Cannot read file {path}, open {path}: no such file or directory")
    if not isinstance(found, str):
        raise error(f"Cannot read file {path}, read {path}: is a directory")
    return found


def docker_secret(
    name: str, namespace: str, *, server: str, user: str, password: str, email: str, append_hash: bool = False
) -> Body:
    """Return `create secret docker-registry`."""
    if not user or not password or not server:
        raise error(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is "
            "required"
        )
    auth = base64.b64encode(f"{user}:{password}".encode()).decode()
    entry = {"username": user, "password": password} | ({"email": email} if email else {}) | {"auth": auth}
    text = json.dumps({"auths": {server: entry}}, separators=(",", ":"))
    type_name = "kubernetes.io/dockerconfigjson"
    return secret(name, namespace, {".dockerconfigjson": text}, type_name=type_name, append_hash=append_hash)


def _hash(content: Mapping[str, object]) -> str:
    """Return ten letters of the content as compact JSON, without vowels."""
    return hashlib.sha256(compact_json(content).encode()).hexdigest()[:10].translate(_CONSONANTS)
