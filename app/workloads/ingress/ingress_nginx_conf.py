"""The text of ingress-nginx's nginx.conf, as far as it tells of routing.

Our own text with upstream's directives, names and values (v1.12); what has nothing to do with choosing a backend (Lua's
dictionaries, buffers, TLS parameters, snippets) is left out. Source: rootfs/etc/nginx/template/nginx.tmpl.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.workloads.ingress.nginx import Location, VirtualServer

__all__ = ["nginx_conf"]

HEAD = """\
# Configuration checksum is not modelled

# setup custom paths that do not require root access
pid /tmp/nginx/nginx.pid;

daemon off;

worker_processes 2;

events {
	multi_accept        on;
	worker_connections  16384;
	use                 epoll;
}

http {
	init_by_lua_file /etc/nginx/lua/ngx_conf_init.lua;
	init_worker_by_lua_file /etc/nginx/lua/ngx_conf_init_worker.lua;

	keepalive_timeout  75s;
	keepalive_requests 1000;

	server_tokens off;
	underscores_in_headers off;
	ignore_invalid_headers on;

	log_format upstreaminfo '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent \
"$http_referer" "$http_user_agent" $request_length $request_time [$proxy_upstream_name] \
[$proxy_alternative_upstream_name] $upstream_addr $upstream_response_length $upstream_response_time \
$upstream_status $req_id';

	access_log /var/log/nginx/access.log upstreaminfo if=$loggable;
	error_log  /var/log/nginx/error.log notice;

	server_name_in_redirect off;
	port_in_redirect        off;

	ssl_protocols TLSv1.2 TLSv1.3;

	# default certificate
	ssl_certificate     /etc/ingress-controller/ssl/default-fake-certificate.pem;
	ssl_certificate_key /etc/ingress-controller/ssl/default-fake-certificate.pem;

	upstream upstream_balancer {
		# backends are not written here: Lua chooses an endpoint for every connection
		server 0.0.0.1; # placeholder
		balancer_by_lua_file /etc/nginx/lua/nginx/ngx_conf_balancer.lua;
		keepalive 320;
		keepalive_time 1h;
		keepalive_timeout  60s;
		keepalive_requests 10000;
	}
"""

LOCATION = """
		{line}
			set $namespace      "{namespace}";
			set $ingress_name   "{name}";
			set $service_name   "{service}";
			set $service_port   "{port}";
			set $location_path  "{path}";

			set $ssl_redirect "{redirects}";
			rewrite_by_lua_file /etc/nginx/lua/nginx/ngx_rewrite.lua;

			set $proxy_upstream_name "{upstream}";
			set $proxy_host          $proxy_upstream_name;

			proxy_set_header Host                   $best_http_host;
			proxy_set_header Connection             $connection_upgrade;
			proxy_set_header X-Request-ID           $req_id;
			proxy_set_header X-Real-IP              $remote_addr;
			proxy_set_header X-Forwarded-For        $remote_addr;
			proxy_set_header X-Forwarded-Host       $best_http_host;
			proxy_set_header X-Forwarded-Port       $pass_port;
			proxy_set_header X-Forwarded-Proto      $pass_access_scheme;
			proxy_set_header X-Forwarded-Scheme     $pass_access_scheme;
			proxy_set_header X-Scheme               $pass_access_scheme;
			proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
			proxy_set_header Proxy                  "";

			proxy_connect_timeout                   {connect}s;
			proxy_send_timeout                      60s;
			proxy_read_timeout                      {read}s;
			proxy_http_version                      1.1;

			proxy_next_upstream                     error timeout;
			proxy_next_upstream_timeout             0;
			proxy_next_upstream_tries               {tries};

			proxy_pass http://upstream_balancer;
			proxy_redirect                          off;
		}}"""

TAIL = """
	# backend for when default-backend-service is not configured or it does not have endpoints
	server {
		listen 8181 default_server backlog=4096;
		set $proxy_upstream_name "internal";
		access_log off;
		location / {
			return 404;
		}
	}

	# default server, used for NGINX healthcheck and access to nginx stats
	server {
		listen 127.0.0.1:10246;
		set $proxy_upstream_name "internal";
		keepalive_timeout 0;
		access_log off;
		location /healthz {
			return 200;
		}
		location / {
			return 404;
		}
	}
}
"""


def nginx_conf(servers: Sequence[VirtualServer]) -> str:
    """Return the whole file."""
    return HEAD + "".join("\n".join(_server(each)) + "\n" for each in servers) + TAIL


def _server(server: VirtualServer) -> Iterator[str]:
    host = server.host
    options = " default_server backlog=4096" if server.is_default else ""
    yield ""
    yield f"\t## start server {host}"
    yield "\tserver {"
    yield f"\t\t{server.line}"
    yield "\t\thttp2 on;"
    yield ""
    yield f"\t\tlisten 80{options} ;"
    yield f"\t\tlisten 443{options} ssl;"
    yield ""
    yield '\t\tset $proxy_upstream_name "-";'
    yield "\t\tssl_certificate_by_lua_file /etc/nginx/lua/nginx/ngx_conf_certificate.lua;"
    for location in server.locations:
        yield _location(location)
    if server.is_default:
        yield ""
        yield "\t\tlocation /healthz {"
        yield "\t\t\taccess_log off;"
        yield "\t\t\treturn 200;"
        yield "\t\t}"
    yield "\t}"
    yield f"\t## end server {host}"


def _location(location: Location) -> str:
    namespace, _, name = location.ingress.partition("/")
    backend, limits = location.backend, location.upstream
    return LOCATION.format(
        line=location.line,
        namespace=namespace,
        name=name,
        service=backend.service if backend else "",
        port=backend.port if backend else "",
        path=location.path,
        redirects=str(location.redirects_to_https == 308).lower(),
        upstream=limits.name if limits else "upstream-default-backend",
        connect=limits.connect_timeout_us // 10**6 if limits else 5,
        read=limits.read_timeout_us // 10**6 if limits else 60,
        tries=limits.tries if limits else 3,
    )
