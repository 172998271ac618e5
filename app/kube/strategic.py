"""Strategic merge patches: lists merge by the keys that the schema names.

Directives: `$patch: delete | replace | merge`, `$retainKeys`, `$deleteFromPrimitiveList/F`, `$setElementOrder/F`.
Source: k8s.io/apimachinery pkg/util/strategicpatch/patch.go (mergeMap, mergeSlice, normalizeElementOrder).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from app.kube.schema import Field, Type
from app.kube.status import bad_request

DIRECTIVE = "$patch"
RETAIN = "$retainKeys"
DELETE_LIST = "$deleteFromPrimitiveList/"
ORDER = "$setElementOrder/"


def strategic_merge(target: Any, patch: Any, type_: Type | None) -> Any:
    """Return the outcome of a patch on a value of a type (None: its fields are not known, lists are replaced)."""
    if not isinstance(patch, Mapping):
        return patch
    directive = patch.get(DIRECTIVE)
    if directive == "replace":
        return {name: value for name, value in patch.items() if name != DIRECTIVE}
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise bad_request(f"unknown patch type found: {directive}")
    merged = dict(target) if isinstance(target, Mapping) else {}
    if isinstance(retained := patch.get(RETAIN), list):
        merged = {name: value for name, value in merged.items() if name in retained}
    for name, value in patch.items():
        if name.startswith("$"):
            continue
        if value is None:
            merged.pop(name, None)
        else:
            found = type_.fields.get(name) if type_ else None
            order = patch.get(ORDER + name)
            merged[name] = _merge(merged.get(name), value, found, order if isinstance(order, list) else None)
    return _list_directives(merged, patch, type_)


def _list_directives(merged: dict[str, Any], patch: Mapping[str, Any], type_: Type | None) -> dict[str, Any]:
    """Do what concerns lists that the patch itself does not change: items taken out, a new order."""
    for key, value in patch.items():
        if not isinstance(value, list):
            continue
        name = key.partition("/")[2]
        present = merged.get(name)
        if key.startswith(DELETE_LIST) and isinstance(present, list):
            merged[name] = [item for item in present if item not in value]
        elif key.startswith(ORDER) and isinstance(present, list) and name not in patch:
            found = type_.fields.get(name) if type_ else None
            merged[name] = _ordered(present, value, present, found.merge_key if found else "")
    return merged


def _merge(target: Any, patch: Any, field: Field | None, order: list[Any] | None) -> Any:
    if isinstance(patch, Mapping):
        inner = field.struct if field and not field.is_map else None
        return strategic_merge(target, patch, inner)
    if isinstance(patch, list) and field is not None and "merge" in field.patch:
        present = target if isinstance(target, list) else []
        return _merge_list(present, patch, field, order)
    if isinstance(patch, list):
        return [item for item in patch if not (isinstance(item, Mapping) and DIRECTIVE in item)]
    return patch


def _merge_list(present: list[Any], patch: list[Any], field: Field, order: list[Any] | None) -> list[Any]:
    key = field.merge_key
    if not key:
        both = list(dict.fromkeys(item for item in (*present, *patch) if isinstance(item, str | int)))
        return _ordered(both, order or patch, present, "")
    plain_items = [item for item in patch if not (isinstance(item, Mapping) and DIRECTIVE in item)]
    directives = [item for item in patch if isinstance(item, Mapping) and DIRECTIVE in item]
    if any(item[DIRECTIVE] == "replace" for item in directives):
        return plain_items
    merged = list(present)
    for item in directives:
        if item[DIRECTIVE] == "delete":
            wanted = _key_of(item, key)
            merged = [each for each in merged if not (isinstance(each, Mapping) and each.get(key) == wanted)]
    for item in plain_items:
        wanted = _key_of(item, key)
        at = next((index for index, each in enumerate(merged) if _same(each, wanted, key)), None)
        if at is None:
            merged.append(strategic_merge({}, item, field.struct))
        else:
            merged[at] = strategic_merge(merged[at], item, field.struct)
    return _ordered(merged, order or plain_items, present, key)


def _key_of(item: Any, key: str) -> Any:
    if not isinstance(item, Mapping) or key not in item:
        raise bad_request(f"map: {go_text(item)} does not contain declared merge key: {key}")
    return item[key]


def _same(item: Any, wanted: Any, key: str) -> bool:
    return isinstance(item, Mapping) and bool(item.get(key) == wanted)


def _ordered(items: Sequence[Any], patch_order: Sequence[Any], server_order: Sequence[Any], key: str) -> list[Any]:
    """Return items in the order that the server gives them: the patch's own first, unless the old list says otherwise.

    That is why a container that a patch adds stands before the old ones.
    """

    def name(item: Any) -> Any:
        return item.get(key) if key and isinstance(item, Mapping) else item

    first, second = [name(item) for item in patch_order], [name(item) for item in server_order]
    patched = sorted((item for item in items if name(item) in first), key=lambda item: first.index(name(item)))
    rest = [item for item in items if name(item) not in first]
    left = sorted(rest, key=lambda item: second.index(name(item)) if name(item) in second else len(second))
    result: list[Any] = []
    while left and patched:
        a, b = name(left[0]), name(patched[0])
        left_first = a in second and b in second and second.index(a) < second.index(b)
        result.append((left if left_first else patched).pop(0))
    return [*result, *left, *patched]


def go_text(value: Any) -> str:
    """Return a value as Go's `%v` prints it: `map[a:1 b:[x y]]`."""
    if isinstance(value, Mapping):
        return f"map[{' '.join(f'{name}:{go_text(value[name])}' for name in sorted(value))}]"
    if isinstance(value, list):
        return f"[{' '.join(go_text(item) for item in value)}]"
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)
