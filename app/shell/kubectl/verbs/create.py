"""`kubectl create -f FILE`, and the small generators: namespace, serviceaccount, deployment, ingress.

Source: kubectl pkg/cmd/create/create.go, create_namespace.go, create_deployment.go, create_ingress.go.
"""

from __future__ import annotations

from app.kube.status import StatusError
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.changing import dry_run, print_changed, require, validation
from app.shell.kubectl.creating import create_generated, name_of_args, target_namespace
from app.shell.kubectl.errors import error
from app.shell.kubectl.generators.access import namespace, service_account
from app.shell.kubectl.generators.ingresses import ingress
from app.shell.kubectl.generators.workloads import deployment
from app.shell.kubectl.lastapplied import with_last_applied
from app.shell.kubectl.manifests import has_files, manifests
from app.shell.kubectl.output.printer import format_of
from app.shell.result import CommandResult, not_modelled

__all__ = ["create", "create_deployment", "create_ingress", "create_namespace", "create_service_account"]


@VERBS.register("create")
def create(call: KubectlCall) -> CommandResult:
    """Create objects from a file, or by a generator."""
    if call.args:
        raise call.usage_error(f"Unexpected args: [{' '.join(call.args)}]")
    if not has_files(call):
        raise error("must specify one of -f and -k")
    if call.flags.is_on("edit"):
        raise not_modelled("--edit (there is no editor)", "change the file and create it")
    how, checks, found = dry_run(call), validation(call), 0
    format_of(call)
    for each in manifests(call):
        found += 1
        body = with_last_applied(each.body) if call.flags.is_on("save-config") else each.body
        try:
            if how != "client":
                body = dict(call.api.create(body, each.namespace, dry_run=how == "server", validation=checks).body)
        except StatusError as refusal:
            call.fail(refusal, f'error when creating "{each.source}"')
            continue
        print_changed(call, each.kind, body, "created", how)
    if not found and not call.has_failed:
        raise error("no objects passed to create")
    return call.done()


@VERBS.register("create namespace")
def create_namespace(call: KubectlCall) -> CommandResult:
    """Create a namespace with the specified name."""
    return create_generated(call, namespace(name_of_args(call)))


@VERBS.register("create serviceaccount")
def create_service_account(call: KubectlCall) -> CommandResult:
    """Create a service account with the specified name."""
    body = service_account(name_of_args(call), target_namespace(call))
    return create_generated(call, body, "failed to create serviceaccount: ")


@VERBS.register("create deployment")
def create_deployment(call: KubectlCall) -> CommandResult:
    """Create a deployment with the specified name."""
    require(call, "image")
    body = deployment(
        name_of_args(call),
        target_namespace(call),
        call.flags.texts("image"),
        replicas=call.flags.number("replicas"),
        port=call.flags.number("port"),
        command=call.args[1:],
    )
    return create_generated(call, body, "failed to create deployment: ")


@VERBS.register("create ingress")
def create_ingress(call: KubectlCall) -> CommandResult:
    """Create an ingress with the specified name."""
    body = ingress(
        name_of_args(call),
        target_namespace(call),
        call.flags.texts("rule"),
        class_name=call.flags.text("class"),
        default_backend=call.flags.text("default-backend"),
        annotations=call.flags.texts("annotation"),
    )
    return create_generated(call, body, "failed to create ingress: ")
