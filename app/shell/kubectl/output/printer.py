"""`-o FORMAT`: an object, or a list, as text. Source: k8s.io/cli-runtime pkg/genericclioptions, printers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.kube.scheme import find_kind
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.errors import error
from app.shell.kubectl.output.columns import custom_columns, custom_columns_of_file
from app.shell.kubectl.output.gotemplate import ParseError, TemplateError, render_template
from app.shell.kubectl.output.jsonpath import JsonPathError, Path, parse_template
from app.shell.kubectl.output.jsonpathvalues import render, values
from app.shell.kubectl.output.jsontext import to_json
from app.shell.kubectl.output.yamltext import to_yaml
from app.shell.kubectl.resources import object_text

__all__ = ["Format", "as_list", "format_of", "print_object"]

GET_FORMATS = (
    "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,"
    "name,template,templatefile,wide,yaml"
)
FORMATS = "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,yaml"
TEMPLATES = ("jsonpath", "jsonpath-as-json", "jsonpath-file", "go-template", "go-template-file", "template",
             "templatefile", "custom-columns", "custom-columns-file")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Format:
    """What -o asks for: "" is the verb's own way (a table, `pod/web created`), `template` what stands after `=`."""

    name: str = ""
    template: str = ""

    @property
    def is_table(self) -> bool:
        """Whether people read it: the default and `wide`."""
        return self.name in ("", "wide")


def format_of(call: KubectlCall, legal: str = FORMATS) -> Format:
    """Return the format of -o and --template; CommandError in kubectl's words if there is none of that name."""
    text = call.flags.text("output")
    template = call.flags.text("template") if "template" in call.flags.known else ""
    name, has_template, inline = text.partition("=")
    if has_template and name not in TEMPLATES:
        name = text
    if not name and template:
        name = "go-template"
    if name and name not in legal.split(","):
        raise error(f'unable to match a printer suitable for the output format "{name}", allowed formats are: {legal}')
    if name in TEMPLATES and not (inline or template):
        if name.startswith("custom-columns"):
            raise error("custom-columns format specified but no custom columns given")
        raise error("template format specified but no template given")
    inline = inline or template
    if name.endswith("file"):
        inline = _read(call, inline)
        name = name.removesuffix("-file") if name != "templatefile" else "go-template"
        if name == "custom-columns":
            return Format("custom-columns-file", inline)
    return Format("go-template" if name == "template" else name, inline)


def _read(call: KubectlCall, path: str) -> str:
    text = call.read_file(path)
    if text is None:
        raise error(f"error reading --template {path}, open {path}: no such file or directory\n")
    return text


def as_list(bodies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the `List` that several objects are printed as."""
    return {"apiVersion": "v1", "items": list(bodies), "kind": "List", "metadata": {"resourceVersion": ""}}


def print_object(form: Format, body: Mapping[str, Any], *, is_typed: bool = False, has_headers: bool = True) -> str:
    """Return an object (or a List) in a format that is not a table; custom columns may go without headers.

    `is_typed`: kubectl made the object itself.
    """
    if form.name == "json":
        return to_json(body, is_sorted=not is_typed) + "\n"
    if form.name == "yaml":
        return to_yaml(body)
    if form.name == "name":
        return "".join(f"{_name(each)}\n" for each in _items(body))
    if form.name == "custom-columns-file":
        return custom_columns_of_file(form.template, _items(body))
    if form.name == "custom-columns":
        return custom_columns(form.template, _items(body), has_headers=has_headers)
    if form.name == "go-template":
        try:
            return render_template(form.template, body)
        except ParseError as wrong:
            raise error(f"error parsing template {form.template}, template: output:1: {wrong}") from None
        except TemplateError as wrong:
            raise error(f'error executing template "{form.template}": template: output:1: {wrong}') from None
    return _json_path(form, body)


def _json_path(form: Format, body: Mapping[str, Any]) -> str:
    try:
        nodes = parse_template(form.template)
    except JsonPathError as wrong:
        raise error(f"error parsing jsonpath {form.template}, {wrong}") from None
    try:
        if form.name == "jsonpath":
            return render(nodes, body)
        found = [value for node in nodes if isinstance(node, Path) for value in values(node, body, body)]
        return to_json(found) + "\n"
    except JsonPathError as wrong:
        raise error(
            f'error executing jsonpath "{form.template}": Error executing template: {wrong}. '
            f"Printing more information for debugging the template:\n\ttemplate was:\n\t\t{form.template}"
        ) from None


def _items(body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return body["items"] if body.get("kind") == "List" else [body]


def _name(body: Mapping[str, Any]) -> str:
    kind, name = str(body.get("kind", "")), str(body.get("metadata", {}).get("name", ""))
    known = find_kind(kind)
    return object_text(known, name) if known else f"{kind.lower()}/{name}"
