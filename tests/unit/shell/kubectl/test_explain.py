"""`kubectl explain`: the layout of the real client (held against kubectl 1.32.3 with the same texts), by version."""

from __future__ import annotations

from tests.unit.shell.kubectl.cluster import said

TYPE = """\
KIND:       Service
VERSION:    v1

FIELD: type <string>
ENUM:
    ClusterIP
    ExternalName
    LoadBalancer
    NodePort

DESCRIPTION:
"""
STRATEGY = """\
GROUP:      apps
KIND:       Deployment
VERSION:    v1

FIELD: strategy <DeploymentStrategy>


DESCRIPTION:
    How old Pods are replaced: RollingUpdate (step by step) or Recreate (all at
    once).
    
FIELDS:
  rollingUpdate	<RollingUpdateDeployment>
    How many Pods may be missing or surplus meanwhile.

  type	<string>
  enum: Recreate, RollingUpdate
    RollingUpdate or Recreate.


"""  # noqa: W293


def explained(line: str, version: str = "1.34") -> str:
    return said(f"explain {line}", version=version).stdout


def test_a_field_with_words_lists_them() -> None:
    assert explained("Service.spec.type").startswith(TYPE)


def test_a_field_with_fields_lists_them() -> None:
    assert explained("deployments.apps.spec.strategy") == STRATEGY.expandtabs()


def test_before_1_27_the_layout_is_the_old_one() -> None:
    lines = explained("service", "1.19").splitlines()
    assert lines[:4] == ["KIND:     Service", "VERSION:  v1", "", "DESCRIPTION:"]
    assert lines[4].startswith("     Service gives")
    assert "   spec <Object>" in lines


def test_what_is_not_there_is_refused() -> None:
    came = said("explain svc.foo")
    assert (came.exit_code, came.stderr) == (1, 'error: field "foo" does not exist\n')
    assert said("explain po svc").stderr == "error: We accept only this format: explain RESOURCE\n"
    assert said("explain foo").stderr == 'the server doesn\'t have a resource type "foo"\n'


def test_recursive_shows_the_tree_of_names() -> None:
    assert "    podSelector\t<LabelSelector>".expandtabs() in explained("networkpolicy --recursive")
