"""Commands of containers: what takes time, what prints, what ends."""

import pytest

from app.workloads.script import FOREVER, Exit, Loop, Say, Serve, Sleep, Step, steps_of


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        ([], ()),
        (["sleep", "3600"], (Sleep(3_600_000_000),)),
        (["sleep", "1.5m"], (Sleep(90_000_000),)),
        (["/bin/sleep", "infinity"], (FOREVER,)),
        (["sh", "-c", "echo hello; sleep 1 && exit 3"], (Say("hello"), Sleep(1_000_000), Exit(3))),
        (["/bin/sh", "-ec", "exec sleep inf"], (FOREVER,)),
        (["sh"], ()),
        (["sh", "-c", "while true; do echo tick; sleep 5; done"], (Loop((Say("tick"), Sleep(5_000_000))),)),
        (["sh", "-c", "echo a > /tmp/b\ntail -f /dev/null"], (FOREVER,)),
        (["sh", "-c", "while sleep 2; do echo x; done"], (Loop((Sleep(2_000_000), Say("x"))),)),
        (["sh", "-c", "while :; do nc -lk -p 80; done"], (FOREVER,)),
        (["wget", "-qO-", "http://web"], ()),
        (["false"], (Exit(1),)),
        (["nosuch"], (Say("sh: nosuch: not found"), Exit(127))),
        (["httpd", "-f", "-p", "8080", "-h", "/www"], (Serve("8080", "/www"),)),
        (["sh", "-c", "echo 'unclosed"], (Say("'unclosed"),)),
    ],
)
def test_what_a_command_does(words: list[str], steps: tuple[Step, ...]) -> None:
    assert steps_of(words) == steps
