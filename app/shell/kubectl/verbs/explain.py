"""`kubectl explain`: the fields of a kind. Source: kubectl pkg/explain/v2 (plaintext.tmpl), pkg/explain before 1.27."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.schema import Field, Schema, Type
from app.kube.scheme import Kind
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.fieldtexts import field_text, kind_text
from app.shell.kubectl.output.wrap import wrapped
from app.shell.result import CommandError, CommandResult

__all__ = ["explain"]

NO_TYPE = (
    'You must specify the type of resource to explain. Use "kubectl api-resources" for a complete list of supported '
    "resources."
)
NEW_LAYOUT = (1, 27)
"""Since then the answer has this layout; before, the client of that time printed another one."""
WIDTH, OLD_WIDTH = 76, 75


@VERBS.register("explain")
def explain(call: KubectlCall) -> CommandResult:
    """Tell the fields of a kind, and what they mean."""
    if not call.args:
        raise error(NO_TYPE)
    if len(call.args) > 1:
        raise error("We accept only this format: explain RESOURCE")
    name, *path = call.args[0].rstrip(".").split(".")
    kind = _kind(call, name, path)
    is_new = call.version >= NEW_LAYOUT
    lines = _head(kind, is_new=is_new)
    try:
        found = _field(kind, path)
    except CommandError:
        call.write("".join(f"{line}\n" for line in lines) if is_new else "")
        raise
    type_ = Schema.of(kind.kind, kind.api_version) if found is None else found.struct
    lines += _about(kind, found, is_new=is_new)
    if type_ is not None and call.flags.is_on("recursive"):
        lines += ["FIELDS:", *_tree(type_, 1, ()), ""]
    elif type_ is not None:
        lines += _fields(type_, is_new=is_new)
    call.write("".join(f"{line}\n" for line in lines))
    return call.done()


def _kind(call: KubectlCall, name: str, path: list[str]) -> Kind:
    """Return the kind; `deployments.apps` and `deploy.spec` are told apart by what the cluster serves."""
    found = call.find_kind(name)
    for end in range(len(path), 0, -1):
        if with_group := call.find_kind(f"{name}.{'.'.join(path[:end])}"):
            found = with_group
            del path[:end]
            break
    if found is None:
        raise CommandError(f'the server doesn\'t have a resource type "{name}"\n', 1)
    version = call.flags.text("api-version")
    if version and found.api_version != version:
        raise error(f'couldn\'t find resource for "{version}, Resource={found.plural}"')
    return found


def _field(kind: Kind, path: Sequence[str]) -> Field | None:
    """Return the field at a path below the kind; None for the kind itself."""
    at: Type | None = Schema.of(kind.kind, kind.api_version)
    found: Field | None = None
    for step in path:
        found = at.fields.get(step) if at else None
        if found is None:
            raise error(f'field "{step}" does not exist')
        at = found.struct
    return found


def _head(kind: Kind, *, is_new: bool) -> list[str]:
    if not is_new:
        return [f"KIND:     {kind.kind}", f"VERSION:  {kind.api_version}", ""]
    group = [f"GROUP:      {kind.group}"] if kind.group else []
    return [*group, f"KIND:       {kind.kind}", f"VERSION:    {kind.version}", ""]


def _about(kind: Kind, field: Field | None, *, is_new: bool) -> list[str]:
    text = kind_text(kind.kind) if field is None else field_text(field)
    if not is_new:
        word = "" if field is None else "RESOURCE" if field.struct else "FIELD"
        return [
            *([f"{word}: {field.name} {_old_type(field)}", ""] if field else []),
            "DESCRIPTION:",
            *(f"     {line}".rstrip() for line in wrapped(text, OLD_WIDTH)),
            "",
        ]
    lines = ["DESCRIPTION:", *(f"    {line}" for line in wrapped(text, WIDTH)), "    "]
    if field is None:
        return lines
    enum = ["ENUM:", *(f"    {word}" for word in _enum(field)), ""] if _enum(field) else [""]
    blank = [] if enum[0] else [""]
    return [f"FIELD: {field.name} <{_type(field)}>", *enum, *blank, *lines, *([] if field.struct else [""])]


def _type(field: Field) -> str:
    """Return a field's type as the client shows it: `[]Container`, `map[string]string`, `integer`."""
    text = field.type.replace("{}", "map[string]")
    prefix = text[: len(text) - len(field.element)]
    return prefix + SIMPLE.get(field.element, field.element.rpartition(".")[2])


def _enum(field: Field) -> tuple[str, ...]:
    """Return the legal words of a field; those of a list's items are not shown."""
    return () if field.is_list else field.enum


def _old_type(field: Field) -> str:
    """Return a field's type as clients before 1.27 showed it: `<[]Object>`, `<map[string]string>`."""
    text = field.type.replace("{}", "map[string]")
    prefix = text[: len(text) - len(field.element)]
    return f"<{prefix}{'Object' if field.struct else SIMPLE.get(field.element, 'string')}>"


SIMPLE = {
    "string": "string", "bool": "boolean", "int32": "integer", "int64": "integer", "float64": "number",
    "bytes": "string", "Time": "string", "MicroTime": "string", "Quantity": "Quantity", "IntOrString": "IntOrString",
    "any": "Object",
}  # fmt: skip


def _fields(type_: Type, *, is_new: bool) -> list[str]:
    lines = ["FIELDS:"]
    for field in type_.fields.values():
        required = " -required-" if field.required else ""
        if is_new:
            lines.append(f"  {field.name}\t<{_type(field)}>{required}")
            if words := _enum(field):
                lines.append(f"  enum: {', '.join(words)}")
            lines += [*(f"    {line}" for line in wrapped(field_text(field), WIDTH)), ""]
        else:
            lines.append(f"   {field.name}\t{_old_type(field)}{required}")
            lines += [*(f"     {line}" for line in wrapped(field_text(field), OLD_WIDTH)), ""]
    return [*lines, ""] if is_new else lines


def _tree(type_: Type, level: int, inside: tuple[str, ...]) -> list[str]:
    """Return every field below a type, one a line; a type inside itself is not gone through again."""
    lines: list[str] = []
    for field in type_.fields.values():
        required = " -required-" if field.required else ""
        lines.append(f"{'  ' * level}{field.name}\t<{_type(field)}>{required}")
        if words := _enum(field):
            lines.append(f"{'  ' * level}enum: {', '.join(words)}")
        if field.struct and field.struct.name not in inside:
            lines += _tree(field.struct, level + 1, (*inside, field.struct.name))
    return lines
