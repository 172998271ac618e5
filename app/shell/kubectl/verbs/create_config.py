"""`kubectl create configmap` and `kubectl create secret`.

Source: kubectl pkg/cmd/create/create_configmap.go, create_secret.go, create_secret_tls.go, create_secret_docker.go.
"""

from __future__ import annotations

from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.creating import create_generated, name_of_args, target_namespace
from app.shell.kubectl.generators.configs import config_map, data_of, docker_secret, secret, tls_secret
from app.shell.kubectl.manifests import read_file
from app.shell.result import CommandResult

__all__ = ["create_config_map", "create_docker_secret", "create_secret", "create_tls_secret"]


def _data(call: KubectlCall, kind: str, name: str) -> dict[str, str]:
    flags = call.flags
    return data_of(
        kind,
        name,
        lambda path: read_file(call, path),
        literals=flags.texts("from-literal"),
        files=flags.texts("from-file"),
        env_files=flags.texts("from-env-file"),
    )


@VERBS.register("create configmap")
def create_config_map(call: KubectlCall) -> CommandResult:
    """Create a config map from a local file, directory or literal value."""
    name = name_of_args(call)
    data = _data(call, "ConfigMap", name)
    body = config_map(name, target_namespace(call), data, append_hash=call.flags.is_on("append-hash"))
    return create_generated(call, body, "failed to create configmap: ")


@VERBS.register("create secret generic")
def create_secret(call: KubectlCall) -> CommandResult:
    """Create a secret from a local file, directory, or literal value."""
    name = name_of_args(call)
    data, flags = _data(call, "Secret", name), call.flags
    body = secret(
        name, target_namespace(call), data, type_name=flags.text("type"), append_hash=flags.is_on("append-hash")
    )
    return create_generated(call, body, "failed to create secret ")


@VERBS.register("create secret tls")
def create_tls_secret(call: KubectlCall) -> CommandResult:
    """Create a TLS secret."""
    flags = call.flags
    body = tls_secret(
        name_of_args(call),
        target_namespace(call),
        flags.text("cert"),
        flags.text("key"),
        lambda path: read_file(call, path),
        append_hash=flags.is_on("append-hash"),
    )
    return create_generated(call, body, "failed to create secret ")


@VERBS.register("create secret docker-registry")
def create_docker_secret(call: KubectlCall) -> CommandResult:
    """Create a secret for use with a Docker registry."""
    flags = call.flags
    body = docker_secret(
        name_of_args(call),
        target_namespace(call),
        server=flags.text("docker-server"),
        user=flags.text("docker-username"),
        password=flags.text("docker-password"),
        email=flags.text("docker-email"),
        append_hash=flags.is_on("append-hash"),
    )
    return create_generated(call, body, "failed to create secret ")
