"""exec, attach, run -it --rm, cp: what happens inside a container, from one line and from a session."""

from __future__ import annotations

import pytest

from app.shell import CommandResult, Session, open_terminal
from tests.unit.shell.kubectl.written import Lab

PROMPT = "If you don't see a command prompt, try pressing enter.\n"


class Typing:
    """Lines at the prompt of the first node, one after the other."""

    def __init__(self, lab: Lab) -> None:
        self.session = Session(open_terminal(lab.sim, "node/k8s-master-10"))

    def feed(self, line: str) -> CommandResult:
        """Type a line."""
        return self.session.feed(line)


@pytest.fixture
def lab() -> Lab:
    made = Lab()
    made.out("create deployment web --image=nginx")
    made.out("wait deploy web --for=condition=Available")
    return made


def test_a_command_runs_in_the_container_and_its_exit_code_is_told(lab: Lab) -> None:
    pod = lab.api.list("Pod", "default")[0].name
    assert lab.out(f"exec {pod} -- hostname") == f"{pod}\n"
    assert lab.out("exec deploy/web -- hostname") == f"{pod}\n"
    lab.out("exec deploy/web -- bash -c 'echo hello > /usr/share/nginx/html/index.html'")
    assert lab.out("exec deploy/web -- cat /usr/share/nginx/html/index.html") == "hello\n"
    failed = lab.run("exec deploy/web -- sh -c 'exit 3'")
    assert (failed.exit_code, failed.stderr) == (3, "command terminated with exit code 3\n")


def test_exec_refuses_what_it_cannot_do(lab: Lab) -> None:
    assert lab.err("exec") == "error: pod, type/name or --filename must be specified\n"
    assert lab.err("exec web") == "error: you must specify at least one command for the container\n"
    assert lab.err("exec web ls").startswith("error: exec [POD] [COMMAND] is not supported anymore.")
    assert lab.err("exec nope -- ls") == 'Error from server (NotFound): pods "nope" not found\n'
    assert lab.err("exec deploy/web -c x -- ls").startswith("error: container x is not valid for pod web-")
    assert 'exec: "nmap": executable file not found in $PATH\n' in lab.err("exec deploy/web -- nmap")
    assert lab.err("exec node/k8s-node-11 -- ls").startswith("error: cannot attach to *v1.Node: selector for")


def test_a_shell_in_a_container_takes_the_next_lines(lab: Lab) -> None:
    typing = Typing(lab)
    assert typing.feed("kubectl exec -it deploy/web -- bash").stdout == ""
    pod = lab.api.list("Pod", "default")[0].name
    assert typing.session.prompt == f"root@{pod}:/# "
    assert typing.feed("hostname").stdout == f"{pod}\n"
    typing.feed("exit")
    assert typing.session.prompt == "[root@k8s-master-10 ~]# "


def test_without_i_a_shell_has_no_input_and_ends_at_once(lab: Lab) -> None:
    typing = Typing(lab)
    typing.feed("kubectl exec deploy/web -- sh")
    assert typing.session.prompt == "[root@k8s-master-10 ~]# "


def test_a_throw_away_pod_is_there_until_its_shell_is_left() -> None:
    lab = Lab("apiVersion: v1\nkind: Namespace\nmetadata: {name: yuchaoit}\n")
    typing = Typing(lab)
    line = "kubectl run -n yuchaoit -i --tty --image tutum/dnsutils dnsutils --restart=Never --rm /bin/sh"
    assert (typing.feed(line).stdout, typing.session.prompt) == ("", "root@dnsutils:/# ")
    assert lab.api.get("Pod", "dnsutils", "yuchaoit").body["status"]["phase"] == "Running"
    assert typing.feed("hostname").stdout == "dnsutils\n"
    assert typing.feed("exit").stdout == 'pod "dnsutils" deleted\n'
    assert lab.api.find("Pod", "dnsutils", "yuchaoit") is None


def test_a_throw_away_command_prints_its_output_and_its_exit_code() -> None:
    lab = Lab()
    result = lab.run("run t --image=busybox -i --rm --restart=Never -- sh -c 'hostname; exit 4'")
    assert result.stdout == 't\npod "t" deleted\n'
    assert result.stderr == f"{PROMPT}pod default/t terminated (Error)\n"
    assert result.exit_code == 4
    lab.settle()
    assert lab.api.find("Pod", "t", "default") is None


def test_a_pod_that_is_always_restarted_can_be_attached_to_again() -> None:
    lab = Lab()
    typing = Typing(lab)
    typing.feed("kubectl run t --image=busybox -it -- sh")
    assert typing.feed("exit").stdout == (
        "Session ended, resume using 'kubectl attach t -c t -i -t' command when the pod is running\n"
    )
    lab.settle(60)
    typing.feed("kubectl attach t -it")
    assert typing.session.prompt == "root@t:/# "


def test_cp_takes_files_in_and_out(lab: Lab) -> None:
    pod = lab.api.list("Pod", "default")[0].name
    lab.write("page.html", "<p>\n")
    assert lab.out(f"cp page.html {pod}:/usr/share/nginx/html/index.html") == ""
    assert lab.out("exec deploy/web -- cat /usr/share/nginx/html/index.html") == "<p>\n"
    result = lab.run(f"cp {pod}:/usr/share/nginx/html/index.html copy.html")
    assert result.stderr == "tar: Removing leading `/' from member names\n"
    assert lab.sim.live.machines["node/k8s-master-10"].files.read("/root" + "/copy.html") == "<p>\n"
    assert lab.err("cp a") == "error: source and destination are required\n"
    assert lab.err("cp a b") == "error: one of src or dest must be a remote file specification\n"
    assert lab.err("cp a:/x b:/y") == "error: one of src or dest must be a local file specification\n"
    assert lab.err(f"cp nope {pod}:/x") == "error: nope doesn't exist in local filesystem\n"
    assert lab.err("cp page.html nope:/x") == 'Error from server (NotFound): pods "nope" not found\n'
