"""What differs with the cluster's version, and --record, which old courses use."""

from __future__ import annotations

import pytest

from app.kube.clusterfile import load_cluster_text
from app.shell import Session, open_terminal
from app.sim.simulator import Simulator

CLUSTER = 'apiVersion: podwalk.dev/v1\nkind: Cluster\nspec: {{addons: [{addons}], kubernetesVersion: "{version}"}}\n'


def master(version: str, addons: str = "") -> Session:
    sim = Simulator(load_cluster_text(CLUSTER.format(version=version, addons=addons)))
    return Session(open_terminal(sim, "node/k8s-master-10"))


@pytest.mark.parametrize(
    ("version", "roles"),
    [("1.19", "master"), ("1.20", "control-plane,master"), ("1.23", "control-plane,master"), ("1.24", "control-plane")],
)
def test_the_role_of_a_control_plane_is_kubeadms_of_that_version(version: str, roles: str) -> None:
    line = master(version).feed("kubectl get node k8s-master-10 --show-labels --no-headers").stdout
    assert line.split()[2] == roles
    assert ("exclude-from-external-load-balancers" in line) is (version not in ("1.19", "1.20"))


def test_an_ingress_controller_of_the_control_plane_runs_on_1_19_too() -> None:
    pods = master("1.19", "ingress-nginx").feed("kubectl get pods -n ingress-nginx -o wide --no-headers").stdout
    assert pods.split()[1:3] == ["1/1", "Running"]


@pytest.mark.parametrize("version", ["1.19", "1.32", "1.33"])
def test_the_api_servers_have_endpoints_and_readers_are_warned_since_1_33(version: str) -> None:
    session = master(version)
    found = session.feed("kubectl get ep --no-headers")
    assert found.stdout.split()[:2] == ["kubernetes", "10.0.0.10:6443"]
    warning = "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n"
    want = warning if version == "1.33" else ""
    assert found.stderr == want
    assert session.feed("kubectl describe ep kubernetes").stderr == want
    assert session.feed("kubectl get endpointslices --no-headers").stdout.split()[0] == "kubernetes"


def test_record_writes_the_command_into_the_change_cause() -> None:
    session = master("1.19")
    session.feed("kubectl create deployment web --image=nginx:1.25")
    done = session.feed("kubectl set image deployment/web nginx=nginx:1.26 --record")
    assert (done.exit_code, done.stdout) == (0, "deployment.apps/web image updated\n")
    assert done.stderr == "Flag --record has been deprecated, --record will be removed in the future\n"
    assert session.feed("kubectl rollout history deployment/web").stdout.splitlines()[2:4] == [
        "1         <none>",
        "2         kubectl set image deployment/web nginx=nginx:1.26 --record=true",
    ]
    refused = session.feed("kubectl get pods --record")
    assert (refused.exit_code, refused.stderr.splitlines()[0]) == (1, "error: unknown flag: --record")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kubectl proxy --port=8001", "podwalk: `kubectl proxy` is not modelled\n"),
        ("kubectl frob --port=8001", 'error: unknown command "frob" for "kubectl"\n'),
        ("kubectl --frob get", "Error: flags cannot be placed before plugin name: --frob\n"),
    ],
)
def test_a_command_that_is_not_there_is_named(line: str, said: str) -> None:
    assert master("1.34").feed(line).stderr == said
