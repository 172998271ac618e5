"""From the words of a line to a verb and back: what kubectl's root command does (spf13/cobra)."""

from __future__ import annotations

from collections.abc import Sequence

from app.kube.status import StatusError
from app.shell.kubectl.call import VERBS, KubectlCall
from app.shell.kubectl.errors import error, error_lines, usage_error
from app.shell.kubectl.flags import Command, FlagError, commands, find_command, parse_flags
from app.shell.kubectl.help import help_text
from app.shell.result import CommandError, CommandResult, not_modelled, said
from app.shell.terminal import Terminal

__all__ = ["dispatch"]

NOT_MODELLED = frozenset("kustomize proxy debug certificate completion plugin alpha diff".split())
"""Commands of the real client that no table here knows, or that no verb here answers."""
DISTANCE = 2
"""cobra suggests commands that many edits away, or that begin with the word."""


def dispatch(terminal: Terminal, words: Sequence[str]) -> CommandResult:
    """Run a line; mistakes of the learner are CommandErrors with all that was printed until then."""
    command, rest = find_command(words)
    try:
        flags, args, dash = parse_flags(command, rest)
    except FlagError as refusal:
        raise _flag_error(command, rest, str(refusal)) from None
    name = " ".join(command.words)
    if flags.is_on("help") or not (command.words or args):
        return said(help_text(command))
    if not command.words:
        raise _unknown(args[0])
    if name not in VERBS:
        raise _not_there(command, args)
    live = terminal.live
    if live is None:
        raise CommandError("podwalk: there is no cluster around this terminal\n", 1)
    call = KubectlCall(terminal, live, command, args, flags, dash)
    if flags.is_given("record"):
        call.note("Flag --record has been deprecated, --record will be removed in the future")
    return _run(call)


def _run(call: KubectlCall) -> CommandResult:
    name = " ".join(call.command.words)
    try:
        result = VERBS.get(name)(call)
        warnings = "".join(f"Warning: {text}\n" for text in call.api.take_warnings())
        return CommandResult(result.exit_code, result.stdout, warnings + result.stderr) if warnings else result
    except StatusError as refusal:
        stop = CommandError(error_lines(refusal), 1)
    except CommandError as raised:
        stop = raised
    warnings = "".join(f"Warning: {text}\n" for text in call.api.take_warnings())
    return CommandResult(stop.exit_code, "".join(call.out) + stop.stdout, warnings + call.stderr + stop.stderr)


def _flag_error(command: Command, rest: Sequence[str], text: str) -> CommandError:
    if not command.words and rest and not rest[0].startswith("-"):
        return _unknown(rest[0])
    if not command.words and len(rest) > 1:
        return CommandError(f"Error: flags cannot be placed before plugin name: {rest[0]}\n", 1)
    words = " ".join(("kubectl", *command.words))
    return CommandError(f"error: {text}\nSee '{words} --help' for usage.\n", 1)


def _not_there(command: Command, args: Sequence[str]) -> CommandError:
    """Return the answer where there is no verb: a group asked alone, a wrong subcommand, something not modelled."""
    if command.is_group and args and command.words != ("create",):
        return usage_error(command.words, f'unknown command "{args[0]}"')
    if command.is_group:
        text = "".join(f"{line}\n" for line in help_text(command))
        return CommandError(text, 1)
    return not_modelled(f"`kubectl {' '.join(command.words)}`")


def _unknown(word: str) -> CommandError:
    if word in NOT_MODELLED:
        return not_modelled(f"`kubectl {word}`")
    names = [words[0] for words in commands() if len(words) == 1]
    near = [name for name in names if edits(name, word) <= DISTANCE or name.startswith(word.lower())]
    hint = "\n\nDid you mean this?" + "".join(f"\n\t{name}" for name in near) if near else ""
    return error(f'unknown command "{word}" for "kubectl"{hint}')


def edits(a: str, b: str) -> int:
    """Return the Levenshtein distance of two words, letters' case ignored (cobra, ld())."""
    before = list(range(len(b) + 1))
    for row, x in enumerate(a.lower(), 1):
        now = [row]
        for column, y in enumerate(b.lower(), 1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (x != y)))
        before = now
    return before[-1]
