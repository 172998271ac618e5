"""Type random lines into modelled terminals while an audit hook watches; print what happened as JSON.

    python -m tests.fuzz.terminal_lines COUNT SEED

A program of its own, since an audit hook can never be taken away again. What it must see is nothing: no program
started, no socket, no file written, none read either (what is imported on demand is imported before).
"""

from __future__ import annotations

import json
import random
import sys
import traceback
from importlib import import_module
from pkgutil import walk_packages

import app
from app.kube.clusterfile import load_cluster_text
from app.shell import Session, open_terminal
from app.shell.complete import complete
from app.shell.lines import UNSAFE
from app.sim.captions import render
from app.sim.simulator import Simulator
from tests.fuzz.lines import random_line

CLUSTER = """\
apiVersion: podwalk.dev/v1
kind: Cluster
spec: {addons: [coredns], external: [{name: client, ip: 10.0.0.200}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: nginx}}
spec: {nodeName: k8s-node-11, containers: [{name: main, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: client}
spec: {nodeName: k8s-node-12, containers: [{name: main, image: busybox, command: [sleep, infinity]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: nginx}
spec:
  replicas: 2
  selector: {matchLabels: {app: nginx}}
  template: {metadata: {labels: {app: nginx}}, spec: {containers: [{name: main, image: "nginx:1.14.0"}]}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: nginx}, ports: [{port: 80}]}
---
apiVersion: podwalk.dev/v1
kind: File
metadata: {name: pod.yml}
spec: {content: "apiVersion: v1\\nkind: Pod\\nmetadata: {name: made}\\nspec: {containers: [{name: c, image: nginx}]}\\n"}
---
apiVersion: podwalk.dev/v1
kind: File
metadata: {name: deploy.yml}
spec: {content: "apiVersion: apps/v1\\nkind: Deployment\\nmetadata: {name: d}\\nspec: {selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}}\\n"}
---
apiVersion: podwalk.dev/v1
kind: File
metadata: {name: bad.yml}
spec: {content: "apiVersion: v1\\nkind: Service\\nmetadata: {nam: x}\\nspec: {selctor: {a: b}, ports: [{port: 99999}]}\\n"}
"""
PLACES = ("node/k8s-master-10", "node/k8s-node-11", "pod/default/web", "pod/default/client", "ext/client")
#: Lines after which a cluster is made anew: what random lines delete would leave little to ask.
FRESH = 40
WATCHED = (
    "subprocess.",
    "os.",
    "socket.",
    "ctypes.",
    "exec",
    "compile",
    "pty.",
    "shutil.",
    "open",
    "import",
    "tempfile.",
)
#: What the interpreter itself does in any program.
HARMLESS = frozenset({"os.scandir", "os.listdir"})


class Watch:
    """What the audit hook saw while a line ran."""

    def __init__(self) -> None:
        self.is_on = False
        self.hits: list[str] = []

    def hook(self, event: str, args: tuple[object, ...]) -> None:
        """Take an event."""
        if self.is_on and event.startswith(WATCHED) and event not in HARMLESS:
            self.hits.append(f"{event} {args!r}"[:200])


def main(count: int, seed: int) -> None:
    """Type `count` lines."""
    for module in walk_packages(app.__path__, "app."):
        if not module.name.startswith(("app.cli", "app.web", "app.__main__")):
            import_module(module.name)
    chance = random.Random(seed)
    file = load_cluster_text(CLUSTER)
    warm_up = Session(open_terminal(Simulator(file), PLACES[0]))
    for line in (
        "kubectl get po -A -o wide",
        "kubectl create -f bad.yml",
        "curl -s http://web",
        "date",
        "kubectl nope",
        "kubectl explain po",
    ):
        warm_up.feed(line)
    render("silence", {})
    watch = Watch()
    sys.addaudithook(watch.hook)
    raw: list[str] = []
    raised: list[str] = []
    codes: dict[int, int] = {}
    session = warm_up
    for n in range(count):
        if n % FRESH == 0:
            session = Session(open_terminal(Simulator(file, n), chance.choice(PLACES)))
        line = random_line(chance)
        watch.is_on = True
        try:
            complete(session.terminal, line, chance.randrange(len(line) + 1))
            result = session.feed(line)
            if session.is_over:
                session = Session(open_terminal(Simulator(file, n), chance.choice(PLACES)))
        except Exception:
            watch.is_on = False
            raised.append(f"{line!r}\n{traceback.format_exc()[-1500:]}")
            session = Session(open_terminal(Simulator(file, n), chance.choice(PLACES)))
            continue
        watch.is_on = False
        if UNSAFE.search(result.stdout + result.stderr):
            raw.append(line)
        codes[result.exit_code] = codes.get(result.exit_code, 0) + 1
    print(json.dumps({"lines": count, "raised": raised, "audit": watch.hits, "raw": raw, "codes": codes}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
