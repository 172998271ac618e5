"""The text of nginx-ingress's files, as far as it tells of routing: nginx.conf and one file for each Ingress.

Our own text with upstream's directives, names and values. Source: nginxinc/kubernetes-ingress v1.7.2,
internal/configs/version1/nginx.tmpl, nginx.ingress.tmpl, config_params.go (defaults).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.workloads.ingress.nginx import Location, VirtualServer
from app.workloads.ingress.objects import Ingress
from app.workloads.ingress.router import Upstream

__all__ = ["NGINX_CONF", "ingress_conf"]

#: nginx.conf: the default server that answers 404, and the include of everything else.
NGINX_CONF = """\

worker_processes  auto;
daemon off;

error_log  /var/log/nginx/error.log notice;
pid        /var/lib/nginx/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    log_format  main  '$remote_addr - $remote_user [$time_local] "$request" '
                      '$status $body_bytes_sent "$http_referer" '
                      '"$http_user_agent" "$http_x_forwarded_for"';

    access_log  /var/log/nginx/access.log  main;

    sendfile        on;

    keepalive_timeout 65s;
    keepalive_requests 100;

    server_names_hash_max_size 1024;
    server_names_hash_bucket_size 256;

    map $http_upgrade $connection_upgrade {
        default upgrade;
        ''      close;
    }

    server {
        listen 80 default_server;
        listen 443 ssl default_server;

        ssl_certificate /etc/nginx/secrets/default;
        ssl_certificate_key /etc/nginx/secrets/default;

        server_name _;
        server_tokens "on";

        location / {
            return 404;
        }
    }

    include /etc/nginx/config-version.conf;
    include /etc/nginx/conf.d/*.conf;

    server {
        listen unix:/var/lib/nginx/nginx-502-server.sock;
        access_log off;

        location / {
            return 502;
        }
    }
}
"""


def ingress_conf(ingress: Ingress, servers: Sequence[VirtualServer], upstreams: Sequence[Upstream]) -> str:
    """Return the file of an Ingress: its upstreams with their endpoints, its servers with their locations."""
    lines = [f"# configuration for {ingress.key}"]
    for upstream in upstreams:
        lines += _upstream(upstream)
    for server in servers:
        lines += _server(server)
    return "\n".join(lines) + "\n"


def _upstream(upstream: Upstream) -> Iterator[str]:
    yield ""
    yield f"upstream {upstream.name} {{"
    yield f"\tzone {upstream.name} 256k;"
    if upstream.method == "random":
        yield "\trandom two least_conn;"
    for server in upstream.backend.servers:
        yield f"\tserver {server} max_fails=1 fail_timeout=10s max_conns=0;"
    if not upstream.backend.servers:
        yield "\tserver 127.0.0.1:8181 max_fails=1 fail_timeout=10s max_conns=0;"
    yield "}"


def _server(server: VirtualServer) -> Iterator[str]:
    yield ""
    yield "server {"
    yield "\tlisten 80;"
    if server.is_tls:
        pem = "-".join(server.secret) if server.secret else "default"
        yield "\tlisten 443 ssl;"
        yield f"\tssl_certificate /etc/nginx/secrets/{pem};"
        yield f"\tssl_certificate_key /etc/nginx/secrets/{pem};"
    yield ""
    yield "\tserver_tokens on;"
    yield ""
    yield f"\t{server.line}"
    if any(each.redirects_to_https for each in server.locations):
        yield ""
        yield "\tif ($scheme = http) {"
        yield "\t\treturn 301 https://$host:443$request_uri;"
        yield "\t}"
    for location in server.locations:
        yield from _location(location)
    yield "}"


def _location(location: Location) -> Iterator[str]:
    upstream = location.upstream
    if upstream is None:
        return
    yield ""
    yield f"\t{location.line}"
    yield "\t\tproxy_http_version 1.1;"
    yield ""
    yield f"\t\tproxy_connect_timeout {upstream.connect_timeout_us // 10**6}s;"
    yield f"\t\tproxy_read_timeout {upstream.read_timeout_us // 10**6}s;"
    yield "\t\tproxy_send_timeout 60s;"
    yield "\t\tclient_max_body_size 1m;"
    yield "\t\tproxy_set_header Host $host;"
    yield "\t\tproxy_set_header X-Real-IP $remote_addr;"
    yield "\t\tproxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
    yield "\t\tproxy_set_header X-Forwarded-Host $host;"
    yield "\t\tproxy_set_header X-Forwarded-Port $server_port;"
    yield "\t\tproxy_set_header X-Forwarded-Proto $scheme;"
    yield "\t\tproxy_buffering on;"
    yield ""
    yield f"\t\tproxy_pass http://{upstream.name};"
    yield "\t}"
