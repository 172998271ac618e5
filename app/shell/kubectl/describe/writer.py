"""Lines of a description: levels of two blanks, cells between tabs, columns as tabwriter makes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from app.control.ownership import controller_of
from app.control.revisions import LAST_APPLIED
from app.core.registry import Registry
from app.kube.bodies import mapping_at
from app.kube.objects import Object
from app.kube.tables.age import nanoseconds, since
from app.kube.tables.table import NONE
from app.shell.kubectl.call import KubectlCall
from app.shell.kubectl.output.layout import tabbed

__all__ = ["DESCRIBERS", "Described", "Writer", "controlled_by", "heading", "rfc1123"]

LONGEST_ANNOTATION = 140


@dataclass
class Writer:
    """Collects lines; `flush` ends the columns of what was written until then."""

    lines: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)

    def line(self, text: str = "", level: int = 0) -> None:
        """Add a line."""
        self.lines.append("  " * level + text)

    def flush(self) -> None:
        """Lay out what was written: later lines have columns of their own."""
        if self.lines:
            self.done.append(tabbed("\n".join(self.lines)))
            self.lines.clear()

    def text(self) -> str:
        """Return the description, each line ended by a newline."""
        self.flush()
        return "".join(f"{part}\n" for part in self.done)

    def labels(self, title: str, labels: Mapping[str, Any]) -> None:
        """Write labels one under the other, sorted."""
        texts = [f"{key}={labels[key]}" for key in sorted(labels)] or [NONE]
        self.several(title, texts)

    def several(self, title: str, texts: Sequence[str]) -> None:
        """Write texts one under the other, the title before the first."""
        for at, text in enumerate(texts):
            self.line(f"\t{text}" if at else f"{title}:\t{text}")

    def annotations(self, title: str, annotations: Mapping[str, Any]) -> None:
        """Write annotations one under the other, sorted; long ones below their key."""
        texts: list[str] = []
        for key in sorted(annotations):
            value = str(annotations[key]).removesuffix("\n")
            if key == LAST_APPLIED:
                continue
            if len(value) + len(key) + 2 <= LONGEST_ANNOTATION and "\n" not in value:
                texts.append(f"{key}: {value}")
                continue
            longest = LONGEST_ANNOTATION - 2
            cut = [line if len(line) <= longest else f"{line[:longest]}..." for line in value.split("\n")]
            texts += [f"{key}:", *(f"  {line}" for line in cut)]
        self.several(title, texts or [NONE])


@dataclass(frozen=True, slots=True)
class Described:
    """An object and the call that asks for it."""

    object: Object
    call: KubectlCall

    @property
    def body(self) -> Mapping[str, Any]:
        """The object's manifest."""
        return self.object.body

    @property
    def spec(self) -> Mapping[str, Any]:
        """`spec`."""
        return mapping_at(self.body, "spec")

    @property
    def status(self) -> Mapping[str, Any]:
        """`status`."""
        return mapping_at(self.body, "status")

    def age(self, time: Any) -> str:
        """Return how long ago a time was."""
        return since(time, self.call.now)

    def events(self, out: Writer) -> None:
        """Write the events about the object, unless --show-events=false."""
        if not self.call.flags.is_on("show-events"):
            return
        found = [event.body for event in self.call.api.list("Event") if self._is_mine(event.body)]
        if not found:
            out.line(f"Events:\t{NONE}")
            return
        out.flush()
        out.line("Events:")
        out.line("Type\tReason\tAge\tFrom\tMessage", 1)
        out.line("----\t------\t----\t----\t-------", 1)
        for event in sorted(found, key=lambda body: nanoseconds(body.get("lastTimestamp")) or 0):
            out.line("\t".join(self._event(event)), 1)

    def _is_mine(self, event: Mapping[str, Any]) -> bool:
        about, mine = mapping_at(event, "involvedObject"), mapping_at(self.body, "metadata")
        ids = {about.get("uid"), mine.get("uid")} - {None, ""}
        return (
            about.get("kind") == self.object.kind
            and about.get("name") == self.object.name
            and about.get("namespace", "") in (self.object.namespace, "")
            and (len(ids) < 2 or self.object.kind == "Node")
        )

    def _event(self, event: Mapping[str, Any]) -> tuple[str, ...]:
        first = self.age(event.get("eventTime") or event.get("firstTimestamp"))
        series = mapping_at(event, "series")
        count = series.get("count") or event.get("count") or 1
        last = self.age(series.get("lastObservedTime") or event.get("lastTimestamp"))
        return (
            str(event.get("type") or ""),
            str(event.get("reason") or ""),
            f"{last} (x{count} over {first})" if count > 1 else first,
            str(mapping_at(event, "source").get("component") or event.get("reportingComponent") or ""),
            str(event.get("message") or "").strip(),
        )


def heading(about: Described, out: Writer, *, with_namespace: bool = True) -> None:
    """Write name, namespace, labels, annotations: how most descriptions begin."""
    metadata = mapping_at(about.body, "metadata")
    out.line(f"Name:\t{about.object.name}")
    if with_namespace:
        out.line(f"Namespace:\t{about.object.namespace}")
    out.labels("Labels", mapping_at(metadata, "labels"))
    out.annotations("Annotations", mapping_at(metadata, "annotations"))


def rfc1123(time: object) -> str:
    """Return a time as `Fri, 01 Feb 2013 00:00:00 +0000`."""
    moment = nanoseconds(time)
    if moment is None:
        return "Mon, 01 Jan 0001 00:00:00 +0000"
    return format_datetime(datetime.fromtimestamp(moment // 10**9, UTC))


def controlled_by(given: Object) -> str:
    """Return `ReplicaSet/web-1`: who controls the object; "" if nobody does."""
    owner = controller_of(given)
    return f"{owner.get('kind')}/{owner.get('name')}" if owner is not None else ""


DESCRIBERS = Registry[Callable[[Described, Writer], None]]("description", package="app.shell.kubectl.describe")
