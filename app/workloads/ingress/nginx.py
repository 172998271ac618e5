"""How nginx chooses: the server by the Host header, then the location by the path.

Sources: nginx src/http/ngx_http_request.c (ngx_http_find_virtual_server), ngx_http_core_module.c
(ngx_http_core_find_location, auto_redirect); docs/http/server_names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from app.dataplane.skipped import Rows, Skipped
from app.workloads.ingress.objects import BackendRef
from app.workloads.ingress.router import Asked, Route, Upstream
from app.workloads.nginx.matching import host_name, normal_path, pattern

__all__ = ["Location", "NginxRouter", "VirtualServer"]

#: Which kind of name wins (docs/http/server_names).
RANKS = ("server_name NAME", "server_name *.NAME", "server_name ~REGEX")


@dataclass(frozen=True, slots=True)
class Location:
    """A location block. `modifier` is "", "=", "~" or "~*"; without an upstream it answers `status` itself.

    `redirects_to_https` is the status with which plain HTTP is sent on to HTTPS, 0 for no redirect. `backend` is what
    the Ingress names, for the file's text.
    """

    path: str
    modifier: str = ""
    upstream: Upstream | None = None
    status: int = 0
    ingress: str = ""
    redirects_to_https: int = 0
    backend: BackendRef | None = None

    @property
    def line(self) -> str:
        """The line that opens the block."""
        quoted = f'"^{self.path}"' if self.modifier.startswith("~") else self.path
        return f"location {self.modifier} {quoted} {{" if self.modifier else f"location {quoted} {{"

    @property
    def adds_slash(self) -> bool:
        """Whether a request without the last slash is answered with 301 (ngx_http_proxy_pass sets auto_redirect)."""
        return not self.modifier and self.path.endswith("/") and len(self.path) > 1 and self.upstream is not None

    def matches(self, path: str) -> bool:
        """Say whether the block is a candidate for a path."""
        if self.modifier == "=":
            return path == self.path
        if self.modifier:
            regex = pattern(self.path, ignore_case=self.modifier == "~*")
            return regex is not None and regex.search(path) is not None
        return path.startswith(self.path)


@dataclass(frozen=True, slots=True)
class VirtualServer:
    """A server block: its `server_name`, its locations in file order, the file that it stands in.

    `host` is the Ingress's host that it stands for, `secret` its certificate's Secret (namespace, name; None: none, or
    the default one). `is_tls`: it listens on 443.
    """

    server_name: str
    locations: tuple[Location, ...]
    file: str
    is_default: bool = False
    is_tls: bool = False
    secret: tuple[str, str] | None = None
    ingress: str = ""
    host: str = ""

    @property
    def line(self) -> str:
        """The line that names the server."""
        return f"server_name {self.server_name};"

    @property
    def rank(self) -> int:
        """0 an exact name, 1 a name that begins with `*.`, 2 a regular expression."""
        return 2 if self.server_name.startswith("~") else 1 if self.server_name.startswith("*.") else 0

    def matches(self, host: str) -> bool:
        """Say whether a host has this name."""
        if self.rank == 2:
            text = self.server_name[1:]
            regex = pattern(text, ignore_case=True, is_anchored=text.startswith("^"))
            return regex is not None and regex.search(host) is not None
        if self.rank == 1:
            return host.endswith(self.server_name[1:].lower()) and len(host) > len(self.server_name) - 1
        return host == self.server_name.lower()


@dataclass(frozen=True, slots=True)
class NginxRouter:
    """The blocks of an nginx. The first server that is the default takes what no name matches."""

    servers: tuple[VirtualServer, ...]
    texts: Mapping[str, str] = field(default_factory=dict)
    answer_headers: Mapping[str, str] = field(default_factory=dict)

    def files(self) -> Mapping[str, str]:
        """Return the configuration files."""
        return self.texts

    def certificate(self, server_name: str) -> tuple[str, str] | None:
        """Return the Secret of the server that an SNI name chooses."""
        return self.server(host_name(server_name), is_tls=True).secret

    def server(self, host: str, *, is_tls: bool) -> VirtualServer:
        """Return the server block for a host: exact name, longest `*.` name, first regular expression, default."""
        listening = [each for each in self.servers if each.is_tls or not is_tls]
        default = next(each for each in listening if each.is_default)
        named = [each for each in listening if not each.is_default and each.matches(host)]
        by_rank = sorted(named, key=lambda each: (each.rank, -len(each.server_name) if each.rank == 1 else 0))
        return by_rank[0] if by_rank else default

    def route(self, asked: Asked) -> Route:
        """Return where a request goes."""
        host, path = host_name(asked.host), normal_path(asked.uri)
        server = self.server(host, is_tls=asked.scheme == "https")
        location = _location(server.locations, path)
        tool = f"cat {server.file}"
        skipped = Rows(lambda: [*_other_servers(self.servers, server, host, asked.scheme),
                                *_other_locations(server.locations, location, path)])  # fmt: skip
        if location is None:
            return Route("", tool, skipped, server.ingress, server.server_name, status=404)
        found = Route(
            location.line, tool, skipped, location.ingress, server.server_name, location.path,
            location.upstream, location.status,
            answer_headers=self.answer_headers if asked.scheme == "https" else {},
        )  # fmt: skip
        if location.redirects_to_https and asked.scheme == "http":
            return _redirected(found, location.redirects_to_https, asked, host)
        if location.adds_slash and path + "/" == location.path:
            query = asked.uri.partition("?")[1:]
            to = f"{asked.scheme}://{asked.host or host}{location.path}{''.join(query)}"
            return _answered(found, 301, to)
        return found


def _answered(found: Route, status: int, to: str) -> Route:
    return Route(found.entry, found.tool, found.skipped, found.ingress, found.host, found.path, None, status, to)


def _redirected(found: Route, status: int, asked: Asked, host: str) -> Route:
    """Return the redirect to HTTPS: 301 by nginx-ingress's `return`, 308 by ingress-nginx's Lua (lua_ingress.lua)."""
    if status == 308:
        uri = asked.uri.removesuffix("/")
        return _answered(found, status, f"https://{asked.host.partition(':')[0]}{uri}")
    return _answered(found, status, f"https://{host}:443{asked.uri}")


def _location(locations: Sequence[Location], path: str) -> Location | None:
    """Return the block for a path: `=`, then the longest prefix, unless a regular expression in file order matches."""
    exact = next((each for each in locations if each.modifier == "=" and each.path == path), None)
    if exact is not None:
        return exact
    is_named = any(not each.modifier and each.path == path for each in locations)
    slash = next((each for each in locations if each.adds_slash and path + "/" == each.path), None)
    if slash is not None and not is_named:
        return slash
    regex = next((each for each in locations if each.modifier.startswith("~") and each.matches(path)), None)
    if regex is not None:
        return regex
    prefixes = [each for each in locations if not each.modifier and each.matches(path)]
    return max(prefixes, key=lambda each: len(each.path), default=None)


def _other_servers(
    servers: Sequence[VirtualServer], chosen: VirtualServer, host: str, scheme: str
) -> Iterator[Skipped]:
    for each in servers:
        if each is chosen:
            continue
        if scheme == "https" and not each.is_tls:
            because = "listen 80"
        elif each.is_default:
            because = f"default_server; Host {host or '-'} = {chosen.server_name}"
        elif each.matches(host):
            because = _less_than(each, chosen)
        elif each.rank == 1:
            because = f"Host {host or '-'} != *{each.server_name[1:]}"
        else:
            because = f"Host {host or '-'} {'!~' if each.rank == 2 else '!='} {each.server_name}"
        yield Skipped(each.line, because)


def _less_than(each: VirtualServer, chosen: VirtualServer) -> str:
    if each.rank != chosen.rank:
        return f"{RANKS[chosen.rank]} > {RANKS[each.rank]}"
    if each.rank == 1:
        return f"length {len(each.server_name)} < {len(chosen.server_name)}"
    return f"conflicting server name, {chosen.file} before {each.file}"


def _other_locations(locations: Sequence[Location], chosen: Location | None, path: str) -> Iterator[Skipped]:
    for each in locations:
        if each is chosen:
            continue
        if not each.matches(path) or chosen is None:
            sign = {"=": "!=", "~": "!~", "~*": "!~*"}.get(each.modifier)
            because = f"{path} {sign} {each.path}" if sign else f"{path} !~ ^{each.path}"
        elif chosen.modifier == "=":
            because = "location = > location"
        elif chosen.modifier:
            because = "location ~ > location" if not each.modifier else "the first location ~ that matches"
        else:
            because = f"length {len(each.path)} < {len(chosen.path)}"
        yield Skipped(each.line, because)
