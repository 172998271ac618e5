"""kubectl's command line: the same words, the same complaints (recorded from kubectl 1.32.3)."""

from __future__ import annotations

import pytest

from app.shell.kubectl.flags import FlagError, find_command, parse_flags
from app.shell.kubectl.values import parse_duration, parse_int, split_list
from tests.unit.shell.kubectl.cluster import said


def parsed(line: str) -> tuple[tuple[str, ...], list[str], dict[str, list[str]]]:
    command, rest = find_command(line.split())
    flags, args, _ = parse_flags(command, rest)
    return command.words, args, flags.given


@pytest.mark.parametrize(
    ("line", "words", "args", "given"),
    [
        ("get po -owide", ("get",), ["po"], {"output": ["wide"]}),
        ("get -o wide po", ("get",), ["po"], {"output": ["wide"]}),
        ("-n web get po --output=yaml", ("get",), ["po"], {"namespace": ["web"], "output": ["yaml"]}),
        ("get -A po -l a=b", ("get",), ["po"], {"all-namespaces": ["true"], "selector": ["a=b"]}),
        ("exec -it web -- bash -c ls", ("exec",), ["web", "bash", "-c", "ls"], {"stdin": ["true"], "tty": ["true"]}),
        ("run -n y -i --tty --image a/b x --rm", ("run",), ["x"], {"namespace": ["y"], "stdin": ["true"], "tty": ["true"], "image": ["a/b"], "rm": ["true"]}),
        ("create deploy web --image=nginx -r3", ("create", "deployment"), ["web"], {"image": ["nginx"], "replicas": ["3"]}),
        ("rollout -n a status deploy/web", ("rollout", "status"), ["deploy/web"], {"namespace": ["a"]}),
        ("apply -f a.yml -f b.yml", ("apply",), [], {"filename": ["a.yml", "b.yml"]}),
        ("get po --watch=false -o=json", ("get",), ["po"], {"watch": ["false"], "output": ["json"]}),
        ("create ns x --dry-run -o yaml", ("create", "namespace"), ["x"], {"dry-run": ["unchanged"], "output": ["yaml"]}),
    ],
)  # fmt: skip
def test_a_line_is_read_as_the_real_client_reads_it(
    line: str, words: tuple[str, ...], args: list[str], given: dict[str, list[str]]
) -> None:
    assert parsed(line) == (words, args, given)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("get po --foo", "unknown flag: --foo"),
        ("get po -z", "unknown shorthand flag: 'z' in -z"),
        ("get po -o", "flag needs an argument: 'o' in -o"),
        ("get --output", "flag needs an argument: --output"),
        ("logs x --tail=x", 'invalid argument "x" for "--tail" flag: strconv.ParseInt: parsing "x": invalid syntax'),
        ("get po -A=maybe", 'invalid argument "maybe" for "-A, --all-namespaces" flag: strconv.ParseBool: parsing "maybe": invalid syntax'),
    ],
)  # fmt: skip
def test_wrong_flags(line: str, text: str) -> None:
    with pytest.raises(FlagError) as caught:
        parsed(line)
    assert str(caught.value) == text


def test_the_number_of_arguments_before_the_dashes_is_known() -> None:
    command, rest = find_command("exec web -- ls -l".split())
    assert parse_flags(command, rest)[1:] == (["web", "ls", "-l"], 1)


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("gett po", 'error: unknown command "gett" for "kubectl"\n\nDid you mean this?\n\tset\n\tget\n'),
        ("descibe", 'error: unknown command "descibe" for "kubectl"\n\nDid you mean this?\n\tdescribe\n'),
        ("zzz", 'error: unknown command "zzz" for "kubectl"\n'),
        ("get po --foo", "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n"),
        ("-n", "error: flag needs an argument: 'n' in -n\nSee 'kubectl --help' for usage.\n"),
        ("rollout foo", "error: unknown command \"foo\"\nSee 'kubectl rollout -h' for help and examples\n"),
    ],
)
def test_wrong_lines(line: str, answer: str) -> None:
    result = said(line)
    assert (result.exit_code, result.stdout, result.stderr.replace("        ", "\t")) == (1, "", answer)


def test_values_are_read_as_go_does() -> None:
    assert (parse_int("0x1f"), parse_int("-017"), parse_duration("1h2m3.5s"), parse_duration("-1ms")) == (
        31,
        -15,
        3723.5,
        -0.001,
    )
    assert split_list('a,"b,c",d') == ["a", "b,c", "d"]
    with pytest.raises(ValueError, match='time: missing unit in duration "5"'):
        parse_duration("5")
