"""The patch of `kubectl apply`: what the last applied manifest, the new one and the server's object make of each other.

    last applied -> new manifest    what was taken out is deleted
    server's object -> new manifest what differs is set; what the manifest does not name stays

Lists with a merge key (containers by `name`, a Service's ports by `port`) are merged item by item, others replaced.
Source: apimachinery pkg/util/strategicpatch/patch.go, CreateThreeWayMergePatch(), diffMaps(), diffLists().
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["ListKind", "three_way_patch"]

#: How a list at a path (field names, without indices) is merged: by this key; "": item by item, of plain values;
#: None: not at all.
ListKind = Callable[[tuple[str, ...]], "str | None"]
_Patch = dict[str, Any]


def three_way_patch(
    original: Mapping[str, Any], modified: Mapping[str, Any], current: Mapping[str, Any], list_kind: ListKind
) -> dict[str, Any]:
    """Return a strategic merge patch; empty where the server's object is already as the manifest has it."""
    differ = _Differ(list_kind)
    changes = differ.changes(current, modified, ())
    return differ.merged(differ.deletions(original, modified, ()), changes, ())


class _Differ:
    """Differences of two objects, as patches. Paths name fields only."""

    def __init__(self, list_kind: ListKind) -> None:
        self.list_kind = list_kind

    def changes(self, current: Mapping[str, Any], modified: Mapping[str, Any], path: tuple[str, ...]) -> _Patch:
        """Return what has to be added or set in `current`; what only it has, stays."""
        patch: _Patch = {}
        for key, value in modified.items():
            if key not in current:
                patch[key] = value
                continue
            old = current[key]
            if isinstance(value, Mapping) and isinstance(old, Mapping):
                if inner := self.changes(old, value, (*path, key)):
                    patch[key] = inner
            elif isinstance(value, list) and isinstance(old, list):
                patch |= self._list_changes(key, old, value, (*path, key))
            elif not _same(value, old):
                patch[key] = value
        return patch

    def _list_changes(self, key: str, old: list[Any], new: list[Any], path: tuple[str, ...]) -> _Patch:
        merge_key = self.list_kind(path)
        if merge_key is None or (merge_key and not (_keyed(old, merge_key) and _keyed(new, merge_key))):
            return {} if _same(old, new) else {key: new}
        if not merge_key:
            added = [item for item in new if item not in old]
            return {key: added, f"$setElementOrder/{key}": new} if added else {}
        by_key = {_word(item[merge_key]): item for item in old}
        items = []
        for item in new:
            before = by_key.get(_word(item[merge_key]))
            if before is None:
                items.append(item)
            elif inner := self.changes(before, item, path):
                items.append({merge_key: item[merge_key], **inner})
        is_moved = [_word(item[merge_key]) for item in old] != [_word(item[merge_key]) for item in new]
        if not items and not is_moved:
            return {}
        order = {f"$setElementOrder/{key}": [{merge_key: item[merge_key]} for item in new]}
        return order | ({key: items} if items else {})

    def deletions(self, original: Mapping[str, Any], modified: Mapping[str, Any], path: tuple[str, ...]) -> _Patch:
        """Return what the last applied manifest had and the new one has no more."""
        patch: _Patch = {}
        for key, value in original.items():
            if key not in modified:
                patch[key] = None
                continue
            new = modified[key]
            if isinstance(value, Mapping) and isinstance(new, Mapping):
                if inner := self.deletions(value, new, (*path, key)):
                    patch[key] = inner
            elif isinstance(value, list) and isinstance(new, list):
                patch |= self._list_deletions(key, value, new, (*path, key))
        return patch

    def _list_deletions(self, key: str, old: list[Any], new: list[Any], path: tuple[str, ...]) -> _Patch:
        merge_key = self.list_kind(path)
        if merge_key is None or (merge_key and not (_keyed(old, merge_key) and _keyed(new, merge_key))):
            return {}
        if not merge_key:
            gone = [item for item in old if item not in new]
            return {f"$deleteFromPrimitiveList/{key}": gone, f"$setElementOrder/{key}": new} if gone else {}
        by_key = {_word(item[merge_key]): item for item in new}
        items: list[_Patch] = []
        for item in old:
            after = by_key.get(_word(item[merge_key]))
            if after is None:
                items.append({"$patch": "delete", merge_key: item[merge_key]})
            elif inner := self.deletions(item, after, path):
                items.append({merge_key: item[merge_key], **inner})
        if not items:
            return {}
        return {f"$setElementOrder/{key}": [{merge_key: item[merge_key]} for item in new], key: items}

    def merged(self, first: Mapping[str, Any], second: Mapping[str, Any], path: tuple[str, ...]) -> _Patch:
        """Return two patches as one; where both set a plain value, the second one has it."""
        result: _Patch = dict(first)
        for key, value in second.items():
            old = result.get(key)
            if isinstance(old, Mapping) and isinstance(value, Mapping):
                result[key] = self.merged(old, value, (*path, key))
            elif isinstance(old, list) and isinstance(value, list) and not key.startswith("$"):
                result[key] = self._merged_items(old, value, (*path, key))
            else:
                result[key] = value
        return result

    def _merged_items(self, first: list[Any], second: list[Any], path: tuple[str, ...]) -> list[Any]:
        """Return the items of both patches of a keyed list: those that both name are one."""
        merge_key = self.list_kind(path)
        if not merge_key:
            return second
        result = list(second)
        for item in first:
            twin = next((at for at, each in enumerate(result) if each[merge_key] == item[merge_key]), None)
            if twin is None:
                result.append(item)
            else:
                result[twin] = self.merged(item, result[twin], path)
        return result


def _keyed(items: Sequence[Any], key: str) -> bool:
    return all(isinstance(item, Mapping) and key in item for item in items)


def _word(value: Any) -> str:
    return str(value)


def _same(one: Any, other: Any) -> bool:
    """Say whether two values are equal and of one type: 1 is not true."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and bool(one == other)
