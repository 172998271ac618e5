"""`kubectl config`: what the kubeconfig says, and the few changes that are made by hand."""

from __future__ import annotations

from app.kube.bodies import list_at
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.kubeconfig import Kubeconfig
from app.shell.kubectl.output.jsontext import to_json
from app.shell.kubectl.output.layout import layout
from app.shell.kubectl.output.yamltext import to_yaml
from app.shell.result import CommandResult

__all__ = ["current_context", "get_contexts", "set_context", "use_context", "view"]


@VERBS.register("config view")
def view(call: KubectlCall) -> CommandResult:
    """Print the kubeconfig, without its keys."""
    data = Kubeconfig(call.terminal).data
    call.write(to_json(data) + "\n" if call.flags.text("output") == "json" else to_yaml(data))
    return call.done()


@VERBS.register("config current-context")
def current_context(call: KubectlCall) -> CommandResult:
    """Print the name of the current context."""
    name = Kubeconfig(call.terminal).current
    if not name:
        raise error("current-context is not set")
    call.say(name)
    return call.done()


@VERBS.register("config get-contexts")
def get_contexts(call: KubectlCall) -> CommandResult:
    """List the contexts, the current one with a star."""
    config = Kubeconfig(call.terminal)
    names = sorted(str(c.get("name")) for c in list_at(config.data, "contexts"))
    if call.flags.text("output") == "name":
        call.write("".join(f"{name}\n" for name in names))
        return call.done()
    rows = [["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]]
    for name in names:
        entry = config.context(name)
        star = "*" if name == config.current else ""
        rows.append([star, name, *(str(entry.get(key) or "") for key in ("cluster", "user", "namespace"))])
    call.write(layout(rows[1:] if call.flags.is_on("no-headers") else rows))
    return call.done()


@VERBS.register("config set-context")
def set_context(call: KubectlCall) -> CommandResult:
    """Change a context: `--current --namespace=web` makes web the default namespace."""
    config = Kubeconfig(call.terminal)
    is_current = call.flags.is_on("current")
    if is_current == bool(call.args):
        raise call.usage_error("you must specify a non-empty context name or --current")
    name = config.current if is_current else call.args[0]
    entry = dict(config.context(name))
    is_new = not entry
    entry.update({key: call.flags.text(key) for key in ("cluster", "user", "namespace") if call.flags.is_given(key)})
    others = [c for c in list_at(config.data, "contexts") if c.get("name") != name]
    config.data["contexts"] = [*others, {"context": entry, "name": name}]
    config.write()
    call.say(f'Context "{name}" {"created" if is_new else "modified"}.')
    return call.done()


@VERBS.register("config use-context")
def use_context(call: KubectlCall) -> CommandResult:
    """Make a context the current one."""
    if len(call.args) != 1:
        raise call.usage_error(
            f"unexpected arguments: {list(call.args[1:])}" if call.args else "empty context names are not allowed"
        )
    config = Kubeconfig(call.terminal)
    name = call.args[0]
    if not any(c.get("name") == name for c in list_at(config.data, "contexts")):
        raise error(f'no context exists with the name: "{name}"')
    config.data["current-context"] = name
    config.write()
    call.say(f'Switched to context "{name}".')
    return call.done()


@VERBS.register("config get-clusters")
def get_clusters(call: KubectlCall) -> CommandResult:
    """List the clusters."""
    names = (str(c.get("name")) for c in list_at(Kubeconfig(call.terminal).data, "clusters"))
    call.write("".join(f"{line}\n" for line in ("NAME", *names)))
    return call.done()
