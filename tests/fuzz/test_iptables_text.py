"""The model's iptables reads and prints rules as the real one does: what one takes the other takes, and saves as the same text.

Runs where the real iptables (nf_tables) can be started in a network namespace of its own, that is as root on Linux.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from app.dataplane.netfilter.rule import NotModelledError, RuleError
from app.dataplane.netfilter.ruleset import Ruleset
from tests.fuzz.spellings import tables

#: What the recorded texts and this comparison speak of.
VERSION = "iptables-restore v1.8.9 (nf_tables)"
SETS = ("S1 hash:ip", "S2 hash:net", "S3 hash:ip,port", "S4 hash:ip")
SCRIPT = """
cd "$1"
while read -r line; do ipset create $line; done <sets
iptables-restore <taken || echo "REFUSED"
iptables-save -t "$2"
for file in refused.*; do
    [[ -e $file ]] && iptables-restore -n <"$file" 2>/dev/null && echo "TAKEN $(sed -n 2p "$file")"
done
true
"""


@cache
def is_there() -> bool:
    if not all(shutil.which(tool) for tool in ("unshare", "iptables-restore", "iptables-save", "ipset", "bash")):
        return False
    run = subprocess.run(
        ["unshare", "-n", "iptables-restore", "--version"], capture_output=True, text=True, check=False
    )
    return run.returncode == 0 and run.stdout.strip() == VERSION


def head(table: str) -> list[str]:
    return [f"*{table}", ":A - [0:0]", ":B - [0:0]", ":C - [0:0]"]


def sorted_out(table: str, lines: list[str]) -> tuple[Ruleset, list[str], list[str]]:
    """Return the model's rules of the lines it takes, these lines, and those that it refuses as iptables' mistakes."""
    rules, taken, refused = Ruleset(), [], []
    rules.restore("\n".join([*head(table), "COMMIT"]))
    for line in lines:
        try:
            rules.restore(f"*{table}\n{line}\nCOMMIT\n", flush=False)
            taken.append(line)
        except NotModelledError:
            continue
        except RuleError:
            refused.append(line)
    return rules, taken, refused


def answered(table: str, taken: list[str], refused: list[str]) -> list[str]:
    """Return what the real tools print of them: the table, and each line that only the model refuses."""
    with TemporaryDirectory() as folder:
        path = Path(folder)
        (path / "sets").write_text("".join(f"{name}\n" for name in SETS))
        (path / "taken").write_text("\n".join([*head(table), *taken, "COMMIT\n"]))
        for number, line in enumerate(refused):
            (path / f"refused.{number}").write_text(f"*{table}\n{line}\nCOMMIT\n")
        run = ["unshare", "-n", "bash", "-c", SCRIPT, "bash", folder, table]
        done = subprocess.run(run, capture_output=True, text=True, check=True)
    errors = [line for line in done.stderr.splitlines() if line.strip()]
    return [line for line in [*errors, *done.stdout.splitlines()] if not line.startswith("#")]


@pytest.mark.skipif(not is_there(), reason="no iptables 1.8.9 (nf_tables) that may be started in a network namespace")
@settings(max_examples=12, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(table=tables())
def test_the_real_iptables_takes_and_saves_the_same_rules(table: tuple[str, list[str]]) -> None:
    name, lines = table
    rules, taken, refused = sorted_out(name, lines)
    assert answered(name, taken, refused) == rules.save(name).splitlines()
