"""A cluster file: one Cluster document, then manifests; read whole, checked whole, every problem told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from app.core.errors import Mark, PodwalkError, Problems, Related, UsageError, did_you_mean, raise_problems
from app.core.garbage import collector_paused
from app.core.limits import limit
from app.core.yaml12 import Document, load_documents
from app.kube.checks import check_nodes, check_pods, check_proxy_mode, check_ranges
from app.kube.clusterspec import API_GROUP, API_VERSION, CONTROL_PLANE, ClusterDocument, ClusterSpec
from app.kube.explain import explain
from app.kube.filecheck import Given, check_manifests
from app.kube.filedocument import HostFile, parse_file, place_files
from app.kube.kinds import PARSERS
from app.kube.manifest import Raw, Reading, generic_object, open_documents
from app.kube.nodes import NodeManifest, Plan, fill_addresses, fill_ranges, parse_node, plan_nodes
from app.kube.objects import Key, Node, Object, Pod
from app.kube.pods import parse_pod
from app.kube.scheme import served_kind
from app.kube.store import Store
from app.kube.values import parse_address

OWN_IPAM = ("calico",)
"""CNI plugins whose Pods' addresses are not host-local's of the node's podCIDR."""
INSTALLED_ADDONS = ("coredns", "ingress-nginx", "traefik", "metallb")
"""The addons that app/control/addons installs."""
SMALLEST = f"{{apiVersion: {API_VERSION}, kind: Cluster}}"


class Unacted(NamedTuple):
    """An object that is parsed and kept but not acted on yet; `name` is NAMESPACE/NAME or NAME."""

    kind: str
    name: str
    mark: Mark


@dataclass(frozen=True)
class Marks:
    """Places in the Cluster document: `marks["spec", "cni", "plugin"]`; what is left out has its parent's place."""

    cluster: Raw

    def __getitem__(self, path: str | tuple[str | int, ...]) -> Mark:
        return self.cluster.mark(*((path,) if isinstance(path, str) else path))


@dataclass(frozen=True)
class ClusterFile:
    """A cluster as its files describe it, checked.

    `store` holds every object: the Nodes with everything filled in, the Pods with their node, the rest as given.
    `notes` are sentences for stderr, `files` what lies on hosts from the beginning.
    """

    name: str
    spec: ClusterSpec
    marks: Marks
    store: Store
    unacted: tuple[Unacted, ...]
    notes: tuple[str, ...]
    files: tuple[HostFile, ...] = ()

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes in file order."""
        return self.store.typed(Node)

    @property
    def pods(self) -> tuple[Pod, ...]:
        """The Pods in file order."""
        return self.store.typed(Pod)


def load_cluster(paths: Sequence[str]) -> ClusterFile:
    """Read cluster files, in the order given, as one stream.

    UsageError: a file cannot be read. ManifestError or Problems: what is wrong in them, in file order.
    """
    if not all(paths) or not paths:
        raise UsageError("no cluster file is given", hint="name one with -f FILE")
    return _load([(path, _read_file(path)) for path in paths])


def load_cluster_text(text: str | bytes, file: str = "cluster.yaml") -> ClusterFile:
    """Read a cluster file from memory; `file` is its name in messages."""
    return _load([(file, text)])


def _read_file(path: str) -> bytes:
    try:
        with Path(path).open("rb") as stream:
            return stream.read(limit("yaml.bytes") + 1)
    except FileNotFoundError:
        raise UsageError(f"{path}: no such file{_near_file(path)}", hint="give a cluster file with -f FILE") from None
    except IsADirectoryError:
        raise UsageError(
            f"{path} is a directory", hint=f"give its files one by one, e.g. -f {path}/FILE.yaml"
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{path} cannot be read: {reason}") from None


def _near_file(path: str) -> str:
    try:
        names = [entry.name for entry in Path(path).parent.iterdir() if entry.suffix in (".yaml", ".yml", ".json")]
    except OSError:
        return ""
    return did_you_mean(Path(path).name, names)


@collector_paused()
def _load(files: Sequence[tuple[str, str | bytes]]) -> ClusterFile:
    reading = Reading()
    documents: list[Document] = []
    for file, text in files:
        try:
            found = load_documents(text, file)
        except PodwalkError as error:
            reading.problems += error.problems if isinstance(error, Problems) else [error]
            continue
        documents += found
        if not found:
            reading.wrong("the file holds no document", Mark(file, 1, 1), f"the smallest cluster file is {SMALLEST}")
    raise_problems(reading.problems)
    reading.is_dump = any(_is_dump(document.data) for document in documents)
    loaded = _Loader(reading, [file for file, _ in files]).load(documents)
    assert loaded is not None
    return loaded


STORED_ONLY = frozenset(["NetworkPolicy"])
"""Kinds that the API knows and nothing acts on yet."""


def _is_acted_on(found: Object, spec: ClusterSpec) -> bool:
    """Say whether the API server, or a controller, takes an object for more than a document."""
    is_known = served_kind(found.api_version, found.kind, spec.version_numbers) is not None
    return spec.controllers == "all" and is_known and found.kind not in STORED_ONLY


def _is_dump(data: object) -> bool:
    """Whether a document is a Cluster that says `controllers: none`."""
    spec = data.get("spec") if isinstance(data, Mapping) and data.get("kind") == "Cluster" else None
    return isinstance(spec, Mapping) and spec.get("controllers") == "none"


class _Loader:
    """Builds the ClusterFile; keeps going after a problem as long as what follows makes sense."""

    def __init__(self, reading: Reading, files: Sequence[str]) -> None:
        self.reading = reading
        self.files = {file: index for index, file in enumerate(files)}
        self.cluster: Raw | None = None
        self.node_manifests: list[tuple[Raw, NodeManifest]] = []
        self.objects: dict[tuple[str, Key], Object] = {}
        self.pods: list[Pod] = []
        self.pod_raws: dict[int, Raw] = {}
        self.host_files: list[HostFile] = []
        self.manifests: list[Given] = []

    def load(self, documents: list[Document]) -> ClusterFile | None:
        """Return the cluster; raises the problems in file order."""
        for raw in open_documents(documents, self.reading):
            self._sort_in(raw)
        cluster = self.cluster
        if cluster is None:
            self._no_cluster()
        parsed = self._parse(cluster) if cluster else None
        plans: list[Plan] = []
        files: tuple[HostFile, ...] = ()
        if cluster and parsed:
            plans = self._nodes(parsed.spec, cluster)
            files = self._files(parsed.spec, plans)
            if parsed.spec.controllers == "all":
                check_manifests(self.manifests, parsed.spec.version_numbers, self.reading)
            else:
                self.reading.notes += self.reading.unknown
        self._raise()
        assert cluster is not None
        assert parsed is not None
        return replace(self._finish(cluster, parsed, plans), files=files)

    def _raise(self) -> None:
        raise_problems(sorted(self.reading.problems, key=self._order))

    def _order(self, problem: PodwalkError) -> tuple[int, int, int]:
        at = problem.at
        return (self.files.get(at.file, 0), at.line, at.column) if at else (-1, 0, 0)

    # -- sorting documents

    def _sort_in(self, raw: Raw) -> None:
        if raw.api_version.partition("/")[0] == API_GROUP or (raw.kind == "Cluster" and "podwalk" in raw.api_version):
            self._own_document(raw)
            return
        before = len(self.reading.problems)
        self._read(raw)
        self.manifests.append(Given(raw, is_sound=len(self.reading.problems) == before))

    def _read(self, raw: Raw) -> None:
        """Make the object of a manifest."""
        if raw.kind == "Node":
            if node := parse_node(raw, self.reading):
                self.node_manifests.append((raw, node))
        elif raw.kind == "Pod":
            if pod := parse_pod(raw, self.reading):
                self.pod_raws[len(self.pods)] = raw
                self.pods.append(pod)
                self._remember(pod)
        elif found := PARSERS.get((raw.api_version, raw.kind), generic_object)(raw, self.reading):
            self._remember(found)

    def _own_document(self, raw: Raw) -> None:
        wrong = self.reading.wrong
        if raw.api_version != API_VERSION:
            wrong(
                f"apiVersion '{raw.api_version}' is not {API_VERSION}", raw.mark("apiVersion"), f"write {API_VERSION}"
            )
        elif raw.kind == "File":
            if found := parse_file(raw, self.reading):
                self.host_files.append(found)
        elif raw.kind != "Cluster":
            near = did_you_mean(raw.kind, ["Cluster", "File"])
            wrong(f"unknown kind '{raw.kind}' of {API_VERSION}{near}", raw.mark("kind"), "legal: Cluster or File")
        elif self.cluster is not None:
            first = Related(self.cluster.mark(), "the first Cluster")
            wrong("there are two Cluster documents", raw.mark(), "a cluster file describes one cluster", first)
        else:
            self.cluster = raw

    def _remember(self, found: Object) -> None:
        """Keep an object; the same kind and name twice is a mistake in any cluster file."""
        group = found.api_version.rpartition("/")[0]
        first = self.objects.setdefault((group, found.key), found)
        if first is not found:
            related = Related(first.mark, "first given here")
            self.reading.wrong(f"{found.kind} {found.key} is given twice", found.mark, "rename or remove one", related)

    def _no_cluster(self) -> None:
        if self.reading.problems:
            return
        other = next((found for found in self.objects.values() if found.kind == "Cluster"), None)
        at = other.mark if other else Mark(next(iter(self.files)), 1, 1)
        found = f"; this one's apiVersion is {other.api_version}" if other else ""
        message = f"no Cluster document: one with apiVersion {API_VERSION} and kind Cluster is needed{found}"
        self.reading.wrong(message, at, f"the smallest is {SMALLEST}")

    # -- the cluster

    def _parse(self, cluster: Raw) -> ClusterDocument | None:
        try:
            return ClusterDocument.model_validate(cluster.data)
        except ValidationError as error:
            self.reading.problems += explain(error, ClusterDocument, cluster.document, cluster.base)
            return None

    def _nodes(self, spec: ClusterSpec, cluster: Raw) -> list[Plan]:
        reading = self.reading
        check_ranges(spec, cluster, reading)
        check_proxy_mode(spec, cluster, reading)
        plans = plan_nodes(spec, cluster, self.node_manifests, reading)
        check_nodes(plans, spec, cluster, reading)
        taken = {spec.underlay.gateway, *(host.ip for host in spec.external)}
        fill_addresses(plans, spec, taken, reading)
        fill_ranges(plans, spec, reading, cluster.mark("spec", "podCIDR"))
        if all(plan.ip and plan.pod_cidr for plan in plans):
            nodes = {plan.name: plan.node(spec) for plan in plans}
            marks = {plan.name: plan.cidr_mark for plan in plans if plan.cidr_mark}
            if spec.controllers == "none":
                self.pods = [pod for pod in self.pods if not self._is_nowhere(pod, nodes)]
                self.pods = self._place(list(nodes.values()))
                self.pods = [self._with_status_address(index, pod) for index, pod in enumerate(self.pods)]
            is_host_local = spec.cni.plugin not in OWN_IPAM
            at = cluster.mark("spec", "podCIDR")
            check_pods(self.pods, nodes, marks, at, self.pod_raws, reading, is_host_local=is_host_local)
        if not plans:
            reading.wrong("the cluster has no nodes", cluster.mark("spec", "nodes"), "add one to spec.nodes")
        if len(self.pods) > limit("cluster.pods"):
            at = self.pods[limit("cluster.pods")].mark
            reading.wrong(f"{len(self.pods):,} Pods; at most {limit('cluster.pods'):,} are modelled", at)
        return plans

    def _check_lags(self, spec: ClusterSpec, plans: Sequence[Plan]) -> None:
        """A lag of a node that is not there would never be seen."""
        names = [plan.name for plan in plans]
        for name in spec.lag.nodes:
            if name not in names and self.cluster is not None:
                at = self.cluster.mark("spec", "lag", "nodes", name)
                hint = f"known: {', '.join(names[:20])}"
                self.reading.wrong(f"spec.lag.nodes: there is no node '{name}'{did_you_mean(name, names)}", at, hint)

    def _files(self, spec: ClusterSpec, plans: Sequence[Plan]) -> tuple[HostFile, ...]:
        self._check_lags(spec, plans)
        names = [f"node/{plan.name}" for plan in plans]
        masters = [f"node/{plan.name}" for plan in plans if CONTROL_PLANE in plan.roles]
        hosts = [*names, *(f"ext/{host.name}" for host in spec.external)]
        return place_files(self.host_files, next(iter([*masters, *names]), ""), hosts, self.reading)

    def _is_nowhere(self, pod: Pod, nodes: Mapping[str, Node]) -> bool:
        """Say whether a dumped Pod is on a node that the dump has not: it is kept as a document, and runs nowhere."""
        if not pod.node_name or pod.node_name in nodes:
            return False
        document = Object("Pod", pod.api_version, pod.metadata, pod.body, pod.mark)
        for at, found in self.objects.items():
            if found is pod:
                self.objects[at] = document
        return True

    def _place(self, nodes: Sequence[Node]) -> list[Pod]:
        """Give Pods of a dump without a node one, in turn: workers in file order (all nodes if there is no worker)."""
        workers = [node for node in nodes if not node.is_control_plane] or nodes
        placed: list[Pod] = []
        told: list[str] = []
        for pod in self.pods:
            if pod.node_name or not workers:
                placed.append(pod)
                continue
            node = workers[len(told) % len(workers)]
            placed.append(replace(pod, node_name=node.name))
            told.append(f"{pod.key} on {node.name}")
        if told:
            shown = ", ".join(told[:8]) + (f" and {len(told) - 8} more" if len(told) > 8 else "")
            note = f"no scheduler (controllers: none): Pods without spec.nodeName go to the workers in turn: {shown}"
            self.reading.notes.append(note)
        return placed

    def _with_status_address(self, index: int, pod: Pod) -> Pod:
        """Return a dumped Pod with the address that it had (`controllers: none` keeps every status as given)."""
        raw = self.pod_raws[index]
        text = raw.get("status", "podIP")
        if pod.pinned_ip or pod.host_network or not isinstance(text, str) or ":" in text:
            return pod
        at = raw.mark("status", "podIP")
        try:
            return replace(pod, pinned_ip=parse_address(text), pin_mark=at)
        except ValueError as error:
            self.reading.wrong(f"Pod {pod.key}: status.podIP: {error}", at)
            return pod

    def _finish(self, cluster: Raw, parsed: ClusterDocument, plans: Sequence[Plan]) -> ClusterFile:
        store = Store()
        for plan in plans:
            store.apply(plan.node(parsed.spec))
        placed: Mapping[Key, Pod] = {pod.key: pod for pod in self.pods}
        unacted = []
        for found in self.objects.values():
            store.apply(placed.get(found.key, found) if found.kind == "Pod" else found)
            if type(found) is Object and not _is_acted_on(found, parsed.spec):
                unacted.append(Unacted(found.kind, str(found.key), found.mark))
        self._note_addons(cluster)
        return ClusterFile(
            parsed.metadata.name, parsed.spec, Marks(cluster), store, tuple(unacted), tuple(self.reading.notes)
        )

    def _note_addons(self, cluster: Raw) -> None:
        for index, addon in enumerate(cluster.get("spec", "addons") or ()):
            if addon in INSTALLED_ADDONS:
                continue
            at = cluster.mark("spec", "addons", index)
            self.reading.notes.append(f"{at}: addon {addon} is not acted on yet")
