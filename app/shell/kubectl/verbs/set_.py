"""`kubectl set image | env | resources | selector | serviceaccount`. Source: kubectl pkg/cmd/set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import partial

from app.core.errors import UsageError
from app.kube.bodies import mapping_at
from app.kube.quantity import QUANTITY_WORDS, is_quantity
from app.kube.selectors import Selector
from app.kube.validation.causes import ENV_NAME, ENV_NAME_WORDS
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import dry_run
from app.shell.kubectl.errors import error
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.podtemplates import Container, change_containers, patch_with, spec_path
from app.shell.kubectl.resources import Target
from app.shell.kubectl.targets import split_changes, targets
from app.shell.result import CommandResult, not_modelled

__all__ = ["set_env", "set_image", "set_resources", "set_selector", "set_service_account"]


def _refuse_local(call: KubectlCall) -> None:
    if call.flags.is_on("local"):
        raise not_modelled("kubectl set --local", "set changes the object in the cluster")


@VERBS.register("set image")
def set_image(call: KubectlCall) -> CommandResult:
    """Update the image of a pod template."""
    _refuse_local(call)
    resources, words = split_changes(call.args, "image")
    images = dict(_image(word) for word in words)
    dry_run(call)
    format_of(call)
    found = targets(call, resources)
    if not images:
        raise error("at least one image update is required")
    if len(images) > 1 and "*" in images:
        raise error(
            "all containers are already specified by *, but saw more than one container_name=container_image pairs"
        )
    for each in found:
        change_containers(call, each, partial(_set_images, call, images), "image updated")
    return call.done()


def _image(word: str) -> tuple[str, str]:
    name, equals, image = word.partition("=")
    if not equals or not name or not image:
        raise error(f"invalid image format: {word}")
    return name, image


def _set_images(call: KubectlCall, images: dict[str, str], containers: list[Container]) -> bool:
    for name, image in images.items():
        meant = [container for container in containers if name in ("*", container.get("name"))]
        if not meant:
            call.fail(f'unable to find container named "{name}"')
        for container in meant:
            container["image"] = image
    return True


@VERBS.register("set env")
def set_env(call: KubectlCall) -> CommandResult:
    """Update environment variables on a pod template."""
    _refuse_local(call)
    if call.flags.text("from"):
        raise not_modelled("kubectl set env --from", "name the variables one by one")
    resources, words = split_changes(call.args, "environment")
    words = [*call.flags.texts("env"), *words]
    wanted, gone = _variables(words)
    if not resources and not call.flags.texts("filename"):
        raise error("one or more resources must be specified as <resource> <name> or <resource>/<name>")
    dry_run(call)
    format_of(call)
    for each in targets(call, resources):
        change_containers(call, each, partial(_set_variables, call, each, wanted, gone), "env updated")
    return call.done()


def _variables(words: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    wanted: dict[str, str] = {}
    gone: list[str] = []
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            if not re.fullmatch(ENV_NAME, name):
                raise error(f'"{name}" is not a valid key name: {ENV_NAME_WORDS}')
            wanted[name] = value
        else:
            gone.append(word.removesuffix("-"))
    if any(name in wanted for name in gone):
        raise error("can not both modify and remove the same environment variable in the same command")
    return wanted, gone


def _set_variables(
    call: KubectlCall, each: Target, wanted: dict[str, str], gone: Sequence[str], containers: list[Container]
) -> bool:
    pattern = call.flags.text("containers")
    chosen = _chosen(containers, pattern)
    if not chosen:
        call.warn(f'{each.kind.kind}/{each.name} does not have any containers matching "{pattern}"')
    for container in chosen:
        old = [dict(item) for item in container.get("env") or ()]
        if not call.flags.is_on("overwrite"):
            taken = next((item for item in old if item["name"] in wanted), None)
            if taken is not None:
                value = taken.get("value", "")
                call.fail(f"'{taken['name']}' already has a value ({value}), and --overwrite is false")
                return False
        kept = [_variable(item["name"], wanted[item["name"]]) if item["name"] in wanted else item for item in old]
        kept = [item for item in kept if item["name"] not in gone]
        names = {item["name"] for item in kept}
        kept += [_variable(name, value) for name, value in wanted.items() if name not in names]
        if call.flags.is_on("list"):
            _list_variables(call, each, container["name"], kept)
        elif kept:
            container["env"] = kept
        else:
            container.pop("env", None)
    return True


def _chosen(containers: list[Container], pattern: str) -> list[Container]:
    return [container for container in containers if fnmatchcase(str(container.get("name")), pattern)]


def _variable(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value} if value else {"name": name}


def _list_variables(call: KubectlCall, each: Target, container: str, variables: Sequence[Mapping[str, object]]) -> None:
    call.say(f"# {each.kind.kind} {each.name}, container {container}")
    for item in variables:
        source = item.get("valueFrom")
        if isinstance(source, dict) and source:
            call.say(f"# {item['name']} from {next(iter(source))}")
        else:
            call.say(f"{item['name']}={item.get('value', '')}")


@VERBS.register("set resources")
def set_resources(call: KubectlCall) -> CommandResult:
    """Update resource requests/limits on objects with pod templates."""
    _refuse_local(call)
    flags = call.flags
    if flags.is_on("all") and flags.text("selector"):
        raise error("cannot set --all and --selector at the same time")
    dry_run(call)
    format_of(call)
    found = targets(call, call.args)
    if not flags.text("limits") and not flags.text("requests"):
        raise error("you must specify an update to requests or limits (in the form of --requests/--limits)")
    wanted = {name: _quantities(flags.text(name)) for name in ("limits", "requests")}
    for each in found:
        change_containers(call, each, partial(_set_quantities, call, wanted), "resource requirements updated")
    return call.done()


def _quantities(text: str) -> dict[str, str]:
    quantities = {}
    for part in text.split(",") if text else ():
        name, equals, quantity = part.partition("=")
        if not equals:
            raise error(f"Invalid argument syntax {part}, expected <resource>=<value>")
        if not is_quantity(quantity):
            raise error(QUANTITY_WORDS)
        quantities[name] = quantity
    return quantities


def _set_quantities(call: KubectlCall, wanted: dict[str, dict[str, str]], containers: list[Container]) -> bool:
    pattern = call.flags.text("containers")
    chosen = _chosen(containers, pattern)
    if not chosen:
        call.fail(f"unable to find container named {pattern}")
    for container in chosen:
        given = dict(container.get("resources") or {})
        for name, quantities in wanted.items():
            if quantities:
                given[name] = {**(given.get(name) or {}), **quantities}
        container["resources"] = given
    return True


@VERBS.register("set selector")
def set_selector(call: KubectlCall) -> CommandResult:
    """Set the selector on a resource."""
    _refuse_local(call)
    words, text = list(call.args[:-1]), call.args[-1] if call.args else ""
    dry_run(call)
    format_of(call)
    found = targets(call, words)
    try:
        selector = Selector.parse(text)
    except UsageError as refusal:
        raise error(refusal.message) from None
    is_plain = all("=" in part and "!=" not in part for part in text.split(","))
    for each in found:
        if each.kind.kind != "Service":
            call.fail("setting a selector is only supported for Services")
        elif not is_plain:
            shown = " ".join(
                f"{{{term.key} {term.operator} [{' '.join(term.values)}]}}" for term in selector.requirements
            )
            call.fail(f"match expression [{shown}] not supported on this object")
        else:
            wanted: dict[str, str | None] = dict.fromkeys(mapping_at(each.object.body, "spec", "selector"))
            wanted |= {term.key: term.values[0] for term in selector.requirements}
            patch_with(call, each, {"spec": {"selector": wanted}}, "selector updated")
    return call.done()


@VERBS.register("set serviceaccount")
def set_service_account(call: KubectlCall) -> CommandResult:
    """Update the service account of a resource."""
    _refuse_local(call)
    if not call.args:
        raise error("serviceaccount is required")
    format_of(call)
    name = call.args[-1]
    for each in targets(call, call.args[:-1]):
        path = spec_path(call, each)
        if path is not None:
            spec = {"serviceAccountName": name, "serviceAccount": name}
            patch_with(
                call, each, {"spec": {"template": {"spec": spec}} if len(path) > 1 else spec}, "serviceaccount updated"
            )
    return call.done()
