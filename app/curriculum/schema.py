"""What a lesson file may say: the schema `podwalk-lesson/v1` as pydantic models.

A lesson states intent and the model supplies facts, so there is no place here to type a right answer. Only what
works today is listed: an unknown key is an error and never silently ignored. Unions are avoided, because the position
of a problem in the file is found by following pydantic's `loc` through the YAML nodes.
Source: docs/authoring.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.limits import limit

SCHEMA_NAME = "podwalk-lesson/v1"

Outcome = Literal[
    "delivered",
    "refused",
    "rejected",
    "timed-out",
    "unreachable",
    "name-not-found",
    "ttl-exceeded",
    "fragmentation-needed",
    "looped",
    "reset",
]
Learns = Literal[
    "connected",
    "handshake-only",
    "answered",
    "echo-reply",
    "timeout",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "EMSGSIZE",
    "icmp-host-unreachable",
    "icmp-net-unreachable",
    "icmp-port-unreachable",
    "icmp-time-exceeded",
    "icmp-frag-needed",
    "name-not-found",
]
Leg = Literal["request", "reply", "icmp-error", "client-rst", "icmp-error-about-client-rst", "arp", "data"]
TableName = Literal["route", "neigh", "fdb", "address"]
AskKind = Literal["choice", "multi", "next-hop", "field"]


def _scalar(value: object) -> object:
    """YAML reads `64` as a number; a lesson compares text with text, so both spellings mean the same."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


Scalar = Annotated[
    str, BeforeValidator(_scalar, json_schema_input_type=str), Field(json_schema_extra={"type": ["string", "number"]})
]
Id = Annotated[str, Field(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$")]
TraceId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")]


class Model(BaseModel):
    """Base of all lesson models: frozen, and every key must be known."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=False, validate_by_alias=True)


class Text(Model):
    """One text in both languages. A missing half is a finding of its own (E501), so that all others still show."""

    model_config = ConfigDict(json_schema_extra={"required": ["zh", "en"]})

    zh: str = Field("", max_length=limit("lesson.text_characters"), description="简体中文 / Simplified Chinese")
    en: str = Field("", max_length=limit("lesson.text_characters"), description="英文 / English")

    def halves(self) -> Iterator[tuple[str, str]]:
        """Yield (language, text) of the halves that are there, zh first."""
        for lang, text in (("zh", self.zh), ("en", self.en)):
            if text:
                yield lang, text


class OneKey(Model):
    """An item of a list that has exactly one key, its kind."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1, "maxProperties": 1})

    @model_validator(mode="before")
    @classmethod
    def _exactly_one(cls, data: Any) -> Any:
        legal = [field.alias or name for name, field in cls.model_fields.items()]
        if isinstance(data, dict) and len(data) != 1:
            raise PydanticCustomError(
                "one_key", "an item here has exactly one key, not {count}", {"count": len(data), "legal": legal}
            )
        if isinstance(data, dict) and None in data.values():
            raise PydanticCustomError(
                "one_key", "'{key}' has nothing after it", {"key": next(iter(data)), "legal": legal}
            )
        return data

    def only(self) -> tuple[str, Any]:
        """Return (key as written in the file, its value)."""
        for name, field in type(self).model_fields.items():
            if name in self.model_fields_set:
                return field.alias or name, getattr(self, name)
        raise AssertionError("validated: one key is set")


class Source(Model):
    """Where the lesson comes from, and where that source is wrong."""

    doc: Id = Field(description="来源文件 / a file of lessons/sources")
    section: Id = Field(description="章节 / a section id of that file")
    errata: Text | None = Field(None, description="原文的错误 / what the source gets wrong")
    at: Id | None = Field(
        None, description="在哪一步显示；缺省为最后一步 / the step that shows it; the last if left out"
    )


class PinnedPod(Model):
    """The address printed in the source document; `name` and `node` are cross-checked with the manifest."""

    ip: str = Field(description="Pod 的 IP / the Pod's address")
    name: str | None = None
    node: str | None = None


class Pin(Model):
    """Names and addresses that are fixed so that the screen matches the page the student reads."""

    pods: dict[str, list[PinnedPod]] = Field(default_factory=dict, description="键：NAME 或 NAMESPACE/NAME / key")


class Cluster(Model):
    """The start state: a preset of lessons/clusters, manifests on top of it, pinned addresses."""

    preset: Id = Field(description="lessons/clusters 下的文件名 / a file of lessons/clusters")
    manifests: list[str] = Field(default_factory=list, description="文件或内嵌 YAML / a file, or YAML written with |")
    pin: Pin = Field(default_factory=Pin)


class Option(Model):
    """One possible answer. `value` is compared with what the model computes."""

    value: Scalar
    label: Text | None = Field(None, description="显示的文字；缺省由模型给出 / shown text; computed if left out")
    why: Text = Field(description="为什么对或不对 / why it is right or wrong")
    misconception: str | None = Field(None, pattern=r"^M([1-9]|[12][0-9]|3[0-7])$")


class Ask(Model):
    """A question. `truth` is a query on the model; the right answer is never typed."""

    kind: AskKind
    prompt: Text
    truth: str
    options: list[Option] = Field(default_factory=list)
    right: Text | None = Field(None, description="答对后显示 / shown once it is answered")
    hint: Text | None = None


class Run(Model):
    """A terminal command, run in the namespace of `on`; what it prints is never typed in a lesson."""

    id: TraceId
    cmd: str
    on: str = Field(description="node/NAME, pod/NAMESPACE/NAME, ext/NAME")


class Send(Model):
    """One flow, in exactly the forms of `podwalk trace`."""

    id: TraceId
    from_: str = Field(alias="from", description="pod/NAMESPACE/NAME, node/NAME, ext/NAME")
    to: str = Field(description="icmp://ADDR, tcp://HOST:PORT, udp://HOST:PORT, http(s)://HOST[:PORT]/PATH")
    title: Text | None = None
    ttl: int | None = Field(None, ge=1, le=255)
    size: int | None = Field(None, ge=0, le=65507, description="bytes")
    df: bool = False


class Do(OneKey):
    """What happens in a step, one key an item."""

    send: Send | None = None
    run: Run | None = None
    clear: Literal[True] | None = Field(None, description="把之前的报文移出画面 / take earlier packets off the stage")


class Look(Model):
    """What the eye should be on."""

    focus: list[str] = Field(default_factory=list)
    camera: str = Field("fit", description="fit, follow, 或选择算符 / or a selector")
    level: int = Field(2, ge=1, le=3)
    pause: list[str] = Field(default_factory=list, description="在这些跳处暂停 / hop kinds to stop at")


class PathFact(Model):
    """The places that a packet passes, in order."""

    of: TraceId
    leg: Leg = "request"
    is_: list[str] | None = Field(None, alias="is")
    via: list[str] = Field(default_factory=list)
    never: list[str] = Field(default_factory=list)


class SeenFact(Model):
    """What a capture at one place would show. Fields of the innermost packet; `outer_*` of the tunnel's header."""

    of: TraceId
    at: str
    leg: Leg = "request"
    src: Scalar | None = None
    dst: Scalar | None = None
    ttl: Scalar | None = None
    smac: Scalar | None = None
    dmac: Scalar | None = None
    len: Scalar | None = None
    outer_src: Scalar | None = None
    outer_dst: Scalar | None = None
    outer_vni: Scalar | None = None
    outer_port: Scalar | None = None

    def fields(self) -> dict[str, str]:
        """Return the header fields that the lesson states, by name."""
        return self.model_dump(exclude={"of", "at", "leg"}, exclude_none=True)


class VerdictFact(Model):
    """How a flow ended, and where."""

    of: TraceId
    is_: Outcome = Field(alias="is")
    at: str | None = None


class LearnsFact(Model):
    """What the sender learns of it."""

    of: TraceId
    is_: Learns = Field(alias="is")


class TableFact(Model):
    """Rows of a table of the modelled kernel after this step's actions; a row is matched by the columns given."""

    at: str
    name: TableName
    has: list[dict[str, Scalar]] = Field(default_factory=list)
    not_: list[dict[str, Scalar]] = Field(default_factory=list, alias="not")
    count: int | None = Field(None, ge=0)


class EvidenceFact(Model):
    """The table entry that decided a hop, in the real tool's words."""

    of: TraceId
    at: str
    entry: str
    kind: str | None = Field(None, description="跳的种类 / the kind of hop")


class OutputFact(Model):
    """Text that a command's output contains."""

    of: TraceId
    contains: list[str] = Field(min_length=1)


class Expect(OneKey):
    """One checked fact, one key an item."""

    path: PathFact | None = None
    seen: SeenFact | None = None
    verdict: VerdictFact | None = None
    learns: LearnsFact | None = None
    table: TableFact | None = None
    evidence: EvidenceFact | None = None
    output: OutputFact | None = None


class Step(Model):
    """One screen. The order on it is fixed: say, ask, do, after."""

    id: Id
    title: Text
    say: Text
    ask: Ask | None = None
    do: list[Do] = Field(default_factory=list)
    look: Look = Field(default_factory=Look)
    expect: list[Expect] = Field(default_factory=list)
    after: Text | None = None
    hints: list[Text] = Field(default_factory=list)
    notes: Text | None = Field(None, description="只给教师看 / for the teacher only")


class Reference(Model):
    """Something to read on."""

    title: str
    url: str = Field(pattern=r"^https://")


class Lesson(Model):
    """A whole lesson file."""

    schema_: Literal["podwalk-lesson/v1"] = Field(alias="schema")
    id: Id
    status: Literal["draft", "ready", "retired"] = "ready"
    title: Text
    summary: Text
    objectives: list[Text] = Field(min_length=1)
    source: Source | None = None
    level: Literal["intro", "core", "deep"]
    minutes: int = Field(ge=1, le=60)
    requires: list[Id] = Field(default_factory=list)
    terms: list[Id] = Field(default_factory=list)
    cluster: Cluster
    steps: list[Step] = Field(min_length=1)
    references: list[Reference] = Field(default_factory=list)
