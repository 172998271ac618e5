"""`kubectl run`: a Pod of one image. Source: kubectl pkg/cmd/run/run.go."""

from __future__ import annotations

import re

from app.kube.objects import Pod
from app.kube.scheme import kind_named
from app.kube.validation.causes import ENV_NAME
from app.shell.kubectl.attaching import attach_and_wait
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import dry_run, name_of, print_changed, require
from app.shell.kubectl.creating import send, target_namespace
from app.shell.kubectl.deleting import Doomed
from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.body import pairs
from app.shell.kubectl.generators.services import plain_service
from app.shell.kubectl.generators.workloads import RunPod, run_pod
from app.shell.kubectl.output.printer import format_of
from app.shell.kubectl.overrides import overridden
from app.shell.result import CommandResult

__all__ = ["run"]

_INT = re.compile(r"[+-]?[0-9]+")


@VERBS.register("run")
def run(call: KubectlCall) -> CommandResult:
    """Run a particular image on the cluster."""
    require(call, "image")
    how, flags = dry_run(call), call.flags
    is_attached = flags.is_on("attach") if flags.is_given("attach") else flags.is_on("stdin")
    _check(call, is_attached=is_attached)
    format_of(call)
    asked = _asked(call)
    pod = send(call, overridden(call, run_pod(asked)))
    made = [(kind_named("Pod"), pod)]
    if flags.is_on("expose"):
        labels = pairs(flags.text("labels"))
        service = plain_service(asked.name, asked.namespace, asked.port or 0, labels or {"run": asked.name}, labels)
        made.insert(0, (kind_named("Service"), send(call, service)))
    if is_attached:
        found = call.api.get("Pod", asked.name, call.namespace)
        assert isinstance(found, Pod)
        doomed = [Doomed(kind, name_of(body), call.namespace) for kind, body in reversed(made)]
        return attach_and_wait(call, found, asked.name, doomed if flags.is_on("rm") else ())
    for index, (kind, body) in enumerate(made):
        if index and format_of(call).name == "yaml":
            call.write("---\n")
        print_changed(call, kind, body, "created", how, is_typed=how == "client")
    return call.done()


def _check(call: KubectlCall, *, is_attached: bool) -> None:
    """Refuse what cannot be, in the order in which kubectl looks."""
    flags = call.flags
    if not call.args:
        raise call.usage_error("NAME is required for run")
    if not flags.text("image"):
        raise error("--image is required")
    if flags.is_on("tty") and not flags.is_on("stdin"):
        raise call.usage_error("-i/--stdin is required for containers with -t/--tty=true")
    if flags.is_on("expose") and not flags.text("port"):
        raise call.usage_error("--port must be set when exposing a service")
    if flags.is_on("rm") and not is_attached:
        raise call.usage_error("--rm should only be used for attached containers")
    if is_attached and dry_run(call) != "none":
        raise call.usage_error(
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)"
        )
    restart, pull = flags.text("restart"), flags.text("image-pull-policy")
    if restart not in ("", "Always", "OnFailure", "Never"):
        raise call.usage_error(f"invalid restart policy: {restart}")
    if pull not in ("", "Always", "IfNotPresent", "Never"):
        raise call.usage_error(f"invalid image pull policy: {pull}")


def _asked(call: KubectlCall) -> RunPod:
    flags = call.flags
    return RunPod(
        name=call.args[0],
        image=flags.text("image"),
        namespace=target_namespace(call),
        labels=pairs(flags.text("labels")),
        annotations=dict(_annotation(text) for text in flags.texts("annotations")),
        env=[_env(text) for text in flags.texts("env")],
        port=_port(flags.text("port")),
        args=call.args[1:],
        is_command=flags.is_on("command"),
        stdin=flags.is_on("stdin"),
        stdin_once=flags.is_on("stdin") and not flags.is_on("leave-stdin-open"),
        tty=flags.is_on("tty"),
        privileged=flags.is_on("privileged"),
        pull_policy=flags.text("image-pull-policy"),
        restart=flags.text("restart") or ("OnFailure" if flags.is_on("stdin") else "Always"),
    )


def _annotation(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise error(f"invalid annotations format: {text}")
    return key, value


def _env(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch(ENV_NAME, name):
        raise error(f"invalid env: {text}")
    return name, value


def _port(text: str) -> int | None:
    if text and not _INT.fullmatch(text):
        raise error(f'strconv.Atoi: parsing "{text}": invalid syntax')
    return int(text) if text else None
