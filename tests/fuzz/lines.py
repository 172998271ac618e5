"""Random lines for a terminal, from the commands' own tables: most nearly right, some mangled, some noise."""

from __future__ import annotations

import random

from app.kube.scheme import KINDS
from app.shell.kubectl.flags import commands
from app.shell.terminal import COMMANDS

__all__ = ["random_line"]

NAMES = COMMANDS.names()
KUBECTL = [command for words, command in commands().items() if words]
RESOURCES = [name for kind in KINDS for name in (kind.kind, kind.plural, kind.singular, *kind.short_names)]
OBJECTS = (
    "web",
    "nginx",
    "client",
    "k8s-node-11",
    "k8s-master-10",
    "nginx-nope",
    "default",
    "kube-system",
    "kubernetes",
)
FILES = (
    "pod.yml", "deploy.yml", "bad.yml", "-", "/etc/resolv.conf", "/etc/hosts", "/proc/sys/net/ipv4/ip_forward", "/", ".",
    "..", "/root", "/tmp/x", "/nope/x", "~", "*.yml", "/etc/*", "/dev/null", "/var/lib/kubelet/config.yaml", "[a-z]*",
)  # fmt: skip
WORDS = (
    "-n", "-c", "-i", "-v", "-E", "-l", "-o", "wide", "yaml", "json", "name", "jsonpath={.items[*].metadata.name}", "-A",
    "--all", "--rm", "-it", "--", "-w", "--help", "-f", "10.2.1.2", "10.1.0.1", "10.0.0.11", "127.0.0.1", "0.0.0.0", "a=b",
    "app=nginx", "app!=nginx", "env in (a,b)", "x:NoSchedule", "x:NoSchedule-", "key-", "nginx:alpine", "--image=nginx",
    "--replicas=3", "--port=80", "80", "0", "1", "-1", "99999999999999999999", "1e9", "1s", "0.5", "http://10.1.0.1/",
    "http://web", "https://10.0.0.10:6443", "web.default", "kubernetes.default.svc.cluster.local", "A", "SRV", "@10.1.0.10",
    "{print $1}", "{print $NF}", "s/a/b/g", "s/a\\(b\\)/\\1/", "/a/d", "^(a|b)*$", "(a*)*b", "[", "]", "\\", "[[:alpha:]]",
    "%s\\n", "%d", "-10", "-n5", "+%s", "-d:", "-f1,2-", "-k2", "-r", "-t.", "get", "list", "exec", "eth0", "cni0", "any",
    "''", '""', "$x", "${x:-y}", "$HOSTNAME", "$?", "$((1+2))", "$((x/0))", "$(hostname)", "`id`", "{1..5}", "{a,b}{c,d}",
    "~/x", "Default", "²", "١٢", "\x1b[2J", "\x00", "\x9b", "\u202e", "\ud800", "\u2028", "网络", "e" * 300,
)  # fmt: skip
JOINTS = (" | ", " && ", " || ", "; ", " > /tmp/y ", " >> /tmp/y ", " < /tmp/y ", " 2>&1 | ", " 2>/dev/null; ", "\n")
FRAMES = (
    "for i in 1 2 3; do {}; done", "while true; do {}; break; done", "if {}; then {}; else {}; fi", "bash -c '{}'",
    "({})", "{{ {}; }}", "echo $({})", "{} <<EOF\n{}\nEOF", "! {}", "time {}", "x=$({})", "kubectl exec web -- {}",
    "kubectl run r --image=busybox -i --rm --restart=Never -- {}", "seq 3 | while read x; do {}; done", "{} <<< 'a b'",
)  # fmt: skip


def random_line(chance: random.Random) -> str:
    """Return a line, or a script of a few."""
    kind = chance.random()
    if kind < 0.02:
        return "".join(chr(chance.choice((chance.randrange(0x20, 0x7F), chance.randrange(0x2FF)))) for _ in range(80))
    line = command(chance)
    while chance.random() < 0.25:
        line += chance.choice(JOINTS) + command(chance)
    if kind < 0.15:
        frame = chance.choice(FRAMES)
        line = frame.format(line, *(command(chance) for _ in range(frame.count("{}") - 1)))
    if kind < 0.3 and line:
        line = mangled(line, chance)
    return line


def command(chance: random.Random) -> str:
    """Return one command with arguments."""
    if chance.random() < 0.45:
        return kubectl(chance)
    name = chance.choice(NAMES)
    return " ".join([name, *(argument(chance) for _ in range(chance.randrange(5)))])


def argument(chance: random.Random) -> str:
    """Return one word."""
    return chance.choice((chance.choice(WORDS), chance.choice(FILES), chance.choice(OBJECTS), chance.choice(WORDS)))


def kubectl(chance: random.Random) -> str:
    """Return a call of kubectl: words, resources, names and flags that its table knows."""
    known = chance.choice(KUBECTL)
    words = ["kubectl", *known.words]
    if chance.random() < 0.7:
        words.append(chance.choice(RESOURCES))
    if chance.random() < 0.7:
        words.append(chance.choice(OBJECTS))
    for _ in range(chance.randrange(4)):
        flag = chance.choice(list(known.flags.values()))
        form = chance.randrange(4)
        name = f"-{flag.short}" if flag.short and form == 0 else f"--{flag.name}"
        words.append(name if form == 1 else f"{name}={argument(chance)}" if form == 2 else f"{name} {argument(chance)}")
    if chance.random() < 0.3:
        words += ["-f", chance.choice(FILES)]
    if chance.random() < 0.3:
        words.append(argument(chance))
    return " ".join(words)


def mangled(line: str, chance: random.Random) -> str:
    """Return a line with one character changed, one left out, or its words in another order."""
    at = chance.randrange(len(line))
    how = chance.randrange(4)
    if how == 0:
        return line[:at] + chr(chance.randrange(0x250)) + line[at + 1 :]
    if how == 1:
        return line[:at] + line[at + 1 :]
    if how == 2:
        return line[:at]
    words = line.split(" ")
    chance.shuffle(words)
    return " ".join(words)
