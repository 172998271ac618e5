"""Pods and Pod templates. Source: Kubernetes pkg/apis/core/validation/validation.go, ValidatePodSpec() and below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.kube.bodies import list_at, mapping_at, value_at
from app.kube.quantity import Quantity
from app.kube.validation.causes import (
    Causes,
    address,
    dns_label,
    duplicate,
    env_name,
    forbidden,
    labels,
    not_found,
    not_negative,
    port_name,
    port_number,
    port_number_or_name,
    qualified_name,
    required,
    subdomain,
    wrong,
)

Body = Mapping[str, Any]

HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
UPDATES = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def check(body: Body) -> Causes:
    """Yield what is wrong with a Pod."""
    yield from spec("spec", mapping_at(body, "spec"))


def spec(at: str, given: Body) -> Causes:
    """Yield what is wrong with a Pod's spec at the path `at`."""
    volumes = yield from _volumes(at, given)
    if not list_at(given, "containers"):
        yield required(f"{at}.containers")
    names: set[str] = set()
    for part in ("initContainers", "containers"):
        for index, container in enumerate(list_at(given, part)):
            yield from _container(f"{at}.{part}[{index}]", container, names, volumes, given)
    yield from _dns(at, given)
    yield from labels(f"{at}.nodeSelector", given.get("nodeSelector"))
    for name, check_name in (("hostname", dns_label), ("subdomain", dns_label), ("nodeName", subdomain)):
        if given.get(name):
            yield from check_name(f"{at}.{name}", str(given[name]))
    if given.get("serviceAccountName"):
        yield from subdomain(f"{at}.serviceAccountName", str(given["serviceAccountName"]))
    yield from not_negative(f"{at}.terminationGracePeriodSeconds", given.get("terminationGracePeriodSeconds"))
    deadline = given.get("activeDeadlineSeconds")
    if isinstance(deadline, int) and deadline < 1:
        yield wrong(f"{at}.activeDeadlineSeconds", deadline, "must be between 1 and 2147483647, inclusive")
    yield from tolerations(f"{at}.tolerations", list_at(given, "tolerations"))
    for index, alias in enumerate(list_at(given, "hostAliases")):
        yield from address(f"{at}.hostAliases[{index}].ip", mapping_at(alias).get("ip", ""))


def _volumes(at: str, given: Body) -> Any:
    """Yield what is wrong with the volumes; return their names."""
    names: set[str] = set()
    for index, volume in enumerate(list_at(given, "volumes")):
        name = str(mapping_at(volume).get("name") or "")
        path = f"{at}.volumes[{index}].name"
        if not name:
            yield required(path)
        elif name in names:
            yield duplicate(path, name)
        else:
            yield from dns_label(path, name)
        names.add(name)
        sources = [source for source in mapping_at(volume) if source != "name"]
        if len(sources) > 1:
            yield forbidden(f"{at}.volumes[{index}].{sources[1]}", "may not specify more than 1 volume type")
    return names


def _container(at: str, given: Any, names: set[str], volumes: set[str], pod: Body) -> Causes:
    container = mapping_at(given)
    name = str(container.get("name") or "")
    if not name:
        yield required(f"{at}.name")
    elif name in names:
        yield duplicate(f"{at}.name", name)
    else:
        yield from dns_label(f"{at}.name", name)
    names.add(name)
    image = str(container.get("image") or "")
    if not image:
        yield required(f"{at}.image")
    elif image != image.strip():
        yield wrong(f"{at}.image", image, "must not have leading or trailing whitespace")
    yield from _ports(at, list_at(container, "ports"), bool(pod.get("hostNetwork")))
    yield from _env(at, list_at(container, "env"))
    yield from _mounts(at, list_at(container, "volumeMounts"), volumes)
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            yield from _probe(f"{at}.{probe}", mapping_at(container, probe), probe)
    for hook in ("postStart", "preStop"):
        if handler := mapping_at(container, "lifecycle", hook):
            yield from _handler(f"{at}.lifecycle.{hook}", handler)
    yield from _resources(f"{at}.resources", mapping_at(container, "resources"))


def _ports(at: str, ports: list[Any], is_host: bool) -> Causes:
    names: set[str] = set()
    for index, each in enumerate(ports):
        port, path = mapping_at(each), f"{at}.ports[{index}]"
        if name := port.get("name"):
            yield from port_name(f"{path}.name", str(name))
            if name in names:
                yield duplicate(f"{path}.name", name)
            names.add(str(name))
        number, host = port.get("containerPort") or 0, port.get("hostPort") or 0
        if not number:
            yield required(f"{path}.containerPort")
        else:
            yield from port_number(f"{path}.containerPort", number)
        if host:
            yield from port_number(f"{path}.hostPort", host)
            if is_host and host != number:
                yield wrong(f"{path}.containerPort", number, "must match `hostPort` when `hostNetwork` is true")
        if port.get("hostIP"):
            yield from address(f"{path}.hostIP", port["hostIP"])


def _env(at: str, variables: list[Any]) -> Causes:
    for index, each in enumerate(variables):
        variable, path = mapping_at(each), f"{at}.env[{index}]"
        if not variable.get("name"):
            yield required(f"{path}.name")
        else:
            yield from env_name(f"{path}.name", str(variable["name"]))
        if "valueFrom" in variable and variable.get("value"):
            yield wrong(f"{path}.valueFrom", "", "may not be specified when `value` is not empty")
        elif "valueFrom" in variable and not mapping_at(variable, "valueFrom"):
            words = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"
            yield wrong(f"{path}.valueFrom", "", words)


def _mounts(at: str, mounts: list[Any], volumes: set[str]) -> Causes:
    paths: set[str] = set()
    for index, each in enumerate(mounts):
        mount, path = mapping_at(each), f"{at}.volumeMounts[{index}]"
        name, where = str(mount.get("name") or ""), str(mount.get("mountPath") or "")
        if not name:
            yield required(f"{path}.name")
        elif name not in volumes:
            yield not_found(f"{path}.name", name)
        if not where:
            yield required(f"{path}.mountPath")
        elif where in paths:
            yield wrong(f"{path}.mountPath", where, "must be unique")
        paths.add(where)


def _probe(at: str, probe: Body, kind: str) -> Causes:
    yield from _handler(at, probe)
    for name in ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"):
        yield from not_negative(f"{at}.{name}", probe.get(name))
    successes = probe.get("successThreshold", 1)
    if kind != "readinessProbe" and successes != 1:
        yield wrong(f"{at}.successThreshold", successes, "must be 1")


def _handler(at: str, given: Body) -> Causes:
    """Yield what is wrong with what a probe or a hook does: exactly one thing."""
    named = [name for name in HANDLERS if name in given]
    if not named:
        yield required(at, "must specify a handler type")
    for extra in named[1:]:
        yield forbidden(f"{at}.{extra}", "may not specify more than 1 handler type")
    match next(iter(named), ""):
        case "httpGet":
            path = value_at(given, "httpGet", "path")
            if not path:
                yield required(f"{at}.httpGet.path")
            yield from port_number_or_name(f"{at}.httpGet.port", value_at(given, "httpGet", "port") or 0)
        case "tcpSocket":
            yield from port_number_or_name(f"{at}.tcpSocket.port", value_at(given, "tcpSocket", "port") or 0)
        case "exec":
            if not list_at(given, "exec", "command"):
                yield required(f"{at}.exec.command")
        case "grpc":
            yield from port_number_or_name(f"{at}.grpc.port", value_at(given, "grpc", "port") or 0)


def _resources(at: str, given: Body) -> Causes:
    limits, requests = mapping_at(given, "limits"), mapping_at(given, "requests")
    for part, values in (("limits", limits), ("requests", requests)):
        for name, text in values.items():
            if (amount := Quantity.read(text)) is not None and amount.value < 0:
                yield wrong(f"{at}.{part}[{name}]", str(text), "must be greater than or equal to 0")
    for name, text in requests.items():
        asked, most = Quantity.read(text), Quantity.read(limits.get(name))
        if asked is not None and most is not None and asked.value > most.value:
            yield wrong(f"{at}.requests", str(text), f"must be less than or equal to {name} limit of {limits[name]}")


def _dns(at: str, given: Body) -> Causes:
    servers = list_at(given, "dnsConfig", "nameservers")
    if given.get("dnsPolicy") == "None" and not servers:
        yield required(
            f"{at}.dnsConfig.nameservers" if "dnsConfig" in given else f"{at}.dnsConfig",
            "must provide at least one DNS nameserver when `dnsPolicy` is None"
            if "dnsConfig" in given
            else "must provide `dnsConfig` when `dnsPolicy` is None",
        )
    if len(servers) > 3:
        yield wrong(f"{at}.dnsConfig.nameservers", servers, "must not have more than 3 nameservers")
    for index, server in enumerate(servers):
        yield from address(f"{at}.dnsConfig.nameservers[{index}]", server)
    searches = list_at(given, "dnsConfig", "searches")
    if len(searches) > 32:
        yield wrong(f"{at}.dnsConfig.searches", searches, "must not have more than 32 search paths")
    for index, option in enumerate(list_at(given, "dnsConfig", "options")):
        if not mapping_at(option).get("name"):
            yield required(f"{at}.dnsConfig.options[{index}]", "must not be empty")


def tolerations(at: str, given: list[Any]) -> Causes:
    """Yield what is wrong with tolerations."""
    for index, each in enumerate(given):
        toleration, path = mapping_at(each), f"{at}[{index}]"
        key, operator = str(toleration.get("key") or ""), toleration.get("operator") or "Equal"
        if key:
            yield from qualified_name(f"{path}.key", key)
        elif operator != "Exists":
            yield wrong(
                f"{path}.operator",
                toleration.get("operator", ""),
                'operator must be Exists when `key` is empty, which means "match all values and all keys"',
            )
        if operator == "Exists" and toleration.get("value"):
            yield wrong(f"{path}.operator", dict(toleration), "value must be empty when `operator` is 'Exists'")
        if "tolerationSeconds" in toleration and toleration.get("effect") != "NoExecute":
            words = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            yield wrong(f"{path}.effect", toleration.get("effect", ""), words)


def check_update(body: Body, before: Body) -> Causes:
    """Yield what may not change in a Pod."""
    if _frozen(body) != _frozen(before):
        yield forbidden("spec", UPDATES)


def _frozen(body: Body) -> Body:
    """Return the part of a Pod's spec that may not change."""
    spec = dict(mapping_at(body, "spec"))
    for name in ("activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "ephemeralContainers"):
        spec.pop(name, None)
    for part in ("containers", "initContainers"):
        spec[part] = [{**mapping_at(each), "image": ""} for each in list_at(spec, part)]
    return spec
