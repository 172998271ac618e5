"""The source document's commands, in order, in one terminal: played on a cluster of 1.19 and one of 1.34.

`python -m tests.transcripts.transcript` writes what they print to docs/transcript-1.19.md and docs/transcript-1.34.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from app.kube.clusterfile import load_cluster
from app.shell import CommandResult, Session, open_terminal
from app.sim.simulator import Simulator

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
VERSIONS = ("1.19", "1.34")
INTRODUCTION = """\
# The course's commands on Kubernetes {version}

Every command of the tutorial that the course mirrors, typed in order into one terminal of an empty cluster of three nodes:
`podwalk shell` with `tests/transcripts/cluster-{version}.yaml` and `tests/transcripts/files.yaml`.
{says} A test plays it again and compares (`tests/transcripts`); written by `python -m tests.transcripts.transcript`.
"""
SAYS = {
    "1.19": "What the tutorial shows is printed as it shows it; names, addresses and ages are the model's own.",
    "1.34": "What a current version prints, with the commands of today where the tutorial's are outdated.",
}


@dataclass
class Played:
    """One step: its data, the prompt, the line as it was typed, and what came."""

    step: dict[str, Any]
    prompt: str
    line: str
    result: CommandResult


def steps(version: str) -> list[dict[str, Any]]:
    """Return the steps of a variant."""
    every = yaml.safe_load((HERE / "steps.yaml").read_text(encoding="utf-8"))
    return [{**step, **step.get(f"of-{version}", {})} for step in every if step.get("only", version) == version]


def play(version: str) -> list[Played]:
    """Type every step into one terminal."""
    files = [str(HERE / f"cluster-{version}.yaml"), str(HERE / "files.yaml")]
    simulator = Simulator(load_cluster(files))
    session = Session(open_terminal(simulator, "node/k8s-master-10"))
    played = []
    for step in steps(version):
        line = re.sub(
            r"\{((?:nginx|deployment|controller)(?:-[a-z]+)?)\}",
            lambda found: derived(simulator, found[1]),
            step["line"],
        )
        prompt = session.prompt
        played.append(Played(step, prompt, line, session.feed(line)))
    return played


def derived(simulator: Simulator, name: str) -> str:
    """Return what the model calls a Pod of the document."""
    prefix, namespace = {
        "nginx": (r"nginx-[0-9a-z]{8,10}-\w{5}", "yuchaoit"),
        "deployment": (r"nginx-deployment-\S+", "yuchaoit"),
        "controller": (r"nginx-ingress-\S+", "nginx-ingress"),
    }[name.partition("-")[0]]
    pods = [pod for pod in simulator.live.store.list("Pod", namespace) if re.fullmatch(prefix, pod.name)]
    found = sorted(pods, key=lambda pod: pod.name)
    if not found:
        return "there-is-none"
    pod = found[1 if name.endswith("-b") and len(found) > 1 else 0]
    return str(pod.body["status"].get("podIP")) if name.endswith("-ip") else pod.name


def markdown(version: str) -> str:
    """Return the document of a variant."""
    parts = [INTRODUCTION.format(version=version, says=SAYS[version])]
    block = ""
    for each in play(version):
        note = each.step.get("note", "")
        if note:
            parts += [fenced(block), f"{note}\n"]
            block = ""
        block += f"{each.prompt}{each.line}\n{each.result.stdout}{each.result.stderr}"
    return "\n".join(part for part in [*parts, fenced(block)] if part)


def fenced(block: str) -> str:
    """Return a block of terminal text."""
    lines = [line.rstrip() for line in block.splitlines()]
    return "```console\n" + "\n".join(lines) + "\n```\n" if lines else ""


def problems(played: Played) -> list[str]:
    """Return where a step differs from what is expected."""
    step, result = played.step, played.result
    found = []
    if "table" in step:
        found += table_problems(step["table"], result.stdout, set(step.get("volatile", ())))
    if "lines" in step:
        found += line_problems(step["lines"], result.stdout, is_excerpt=step.get("excerpt", False))
    if "stderr" in step and collapsed(result.stderr.splitlines()) != collapsed(step["stderr"]):
        found.append(f"stderr: expected {step['stderr']}, came {result.stderr!r}")
    if "stderr" not in step and result.stderr:
        found.append(f"stderr: {result.stderr!r}")
    found += [f"'{text}' is not there" for text in step.get("has", ()) if text not in result.stdout]
    return [f"{played.line}: {each}" for each in found]


def line_problems(wanted: list[str], stdout: str, *, is_excerpt: bool) -> list[str]:
    """Compare lines, blanks collapsed; PIDs are the model's own."""
    came, want = (re.sub(r"\b[0-9]+/", "PID/", "\n".join(collapsed(lines))) for lines in (stdout.splitlines(), wanted))
    is_same = want in came if is_excerpt else want == came
    return [] if is_same else [f"expected {wanted}, came {stdout!r}"]


def collapsed(lines: list[str]) -> list[str]:
    """Return lines with single blanks."""
    return [" ".join(line.split()) for line in lines]


def table_problems(wanted: list[str], stdout: str, volatile: set[str]) -> list[str]:
    """Compare tables cell by cell: every column but the volatile ones."""
    want, came = tables("\n".join(wanted)), tables(stdout)
    found = []
    if [head for head, _ in want] != [head for head, _ in came]:
        return [f"expected the columns {[head for head, _ in want]}, came {stdout!r}"]
    for (head, rows), (_, others) in zip(want, came, strict=True):
        if len(rows) != len(others):
            found.append(f"expected {len(rows)} rows, came {stdout!r}")
            continue
        for row, other in zip(rows, others, strict=True):
            for column, left, right in zip(head, row, other, strict=True):
                if column not in volatile and left != right:
                    found.append(f"{column}: expected {left!r}, came {right!r}")
    return found


def tables(text: str) -> list[tuple[list[str], list[list[str]]]]:
    """Return columns and rows of each table of a text; cells begin where the header's words do."""
    made = []
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        head, *rows = block.splitlines() or [""]
        if not head.strip():
            continue
        starts = [found.start() for found in re.finditer(r"\S+(?: \S+)*", head)]
        ends = [*starts[1:], None]
        cut = [[row[a:b].strip() for a, b in zip(starts, ends, strict=True)] for row in [head, *rows]]
        made.append((cut[0], cut[1:]))
    return made


if __name__ == "__main__":
    for each in VERSIONS:
        (DOCS / f"transcript-{each}.md").write_text(markdown(each), encoding="utf-8")
