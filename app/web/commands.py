"""What a browser may ask for, one model a socket event: an unknown field or a wrong type is refused at the edge."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from app.core.errors import UsageError

Id = Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$")]
Who = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9./-]{0,317}$")]
Value = Annotated[str, Field(max_length=512)]


class Command(BaseModel):
    """Base of all commands: strict types, no unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, populate_by_name=False)


class OpenLesson(Command):
    """`lesson.open`."""

    lesson: Id
    lang: Literal["zh", "en", "zh-CN"] | None = None


class EnterStep(Command):
    """`step.enter` and `ask.skip`."""

    lesson: Id
    step: Id


class GiveAnswer(Command):
    """`ask.answer`; a list of values for a question of kind `multi`."""

    lesson: Id
    step: Id
    value: Value | Annotated[list[Value], Field(max_length=64)]


class OpenSandbox(Command):
    """`sandbox.open`."""


class SandboxSend(Command):
    """`sandbox.send`: the same question as `podwalk trace`; sizes in bytes, ttl in hops."""

    from_: Who = Field(alias="from")
    to: Annotated[str, Field(min_length=1, max_length=512)]
    ttl: Annotated[int, Field(ge=1, le=255)] | None = None
    size: Annotated[int, Field(ge=0, le=65_507)] | None = None
    df: bool | None = None
    sport: Annotated[int, Field(ge=1, le=65_535)] | None = None
    seed: Annotated[int, Field(ge=0, le=2**53)] | None = None


C = TypeVar("C", bound=Command)


def read(model: type[C], event: str, args: tuple[object, ...]) -> C:
    """Return the command that came with `event`. Raises UsageError that names the field but repeats no value."""
    payload = args[0] if args else {}
    if len(args) > 1 or not isinstance(payload, dict):
        raise UsageError(f"{event} takes one object", hint=_fields(model))
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        problems = "; ".join(dict.fromkeys(_problem(detail, model) for detail in error.errors(include_url=False)))
        raise UsageError(f"{event}: {problems}", hint=_fields(model)) from None


def _problem(detail: ErrorDetails, model: type[Command]) -> str:
    if detail["type"] == "extra_forbidden":
        return "a field that this event does not have"
    known = {field.alias or name for name, field in model.model_fields.items()}
    name = next((str(part) for part in detail["loc"] if part in known), "the payload")
    return f"{name}: {detail['msg'][0].lower()}{detail['msg'][1:]}"


def _fields(model: type[Command]) -> str:
    names = [field.alias or name for name, field in model.model_fields.items()]
    return f"Its fields are {', '.join(names)}." if names else "It has no fields."
