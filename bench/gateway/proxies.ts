import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The command that serves the product: nginx, with the answer in its configuration. It is what all gateways stand before. */
export async function upstreamCommand(folder: string, port: number): Promise<string[]> {
  const product = (await readFile(new URL("./product.json", import.meta.url), "utf8")).trim();
  const server = `access_log off;
  server { listen 127.0.0.1:${port} backlog=4096; location / { default_type application/json; add_header etag '"3.1"'; add_header x-service products; return 200 '${product}'; } }`;
  return nginx(folder, "upstream", server);
}

/** nginx as a gateway: keep-alive to the service, limit_req, access log. It looks at no token. */
export async function nginxCommand(folder: string, port: number, upstream: string): Promise<string[]> {
  const server = `log_format line '$request_method $uri $status $request_time $request_id';
  access_log ${join(folder, "nginx-access.log")} line;
  limit_req_zone $binary_remote_addr zone=one:10m rate=1000000r/s;
  upstream products { server ${upstream}; keepalive 64; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port} backlog=4096;
    location /api/ {
      limit_req zone=one burst=1000000 nodelay;
      proxy_pass http://products/; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header traceparent "00-$request_id-0000000000000001-01";
    } }`;
  return nginx(folder, "nginx", server);
}

async function nginx(folder: string, name: string, server: string): Promise<string[]> {
  const file = join(folder, `${name}.conf`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((kind) => `${kind}_temp_path ${join(folder, `${name}-${kind}`)};`)
    .join(" ");
  await writeFile(
    file,
    `daemon off; worker_processes 1; pid ${join(folder, `${name}.pid`)}; error_log ${join(folder, `${name}-error.log`)};
events { worker_connections 8192; }
http { keepalive_requests 1000000000; ${temporary}
  ${server} }\n`,
  );
  return ["nginx", "-e", join(folder, `${name}-error.log`), "-c", file];
}

/** haproxy as a gateway: keep-alive to the service, a rate counter for each address, trace context; it writes no log: it could only send one to a log server. */
export async function haproxyCommand(folder: string, port: number, upstream: string): Promise<string[]> {
  const file = join(folder, "haproxy.cfg");
  await writeFile(
    file,
    `global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend edge
  bind 127.0.0.1:${port}
  stick-table type ip size 100k expire 60s store http_req_rate(60s)
  http-request track-sc0 src
  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000000 }
  http-request set-header traceparent 00-%[uuid(),regsub(-,,g)]-0000000000000001-01
  http-request set-path %[path,regsub(^/api,)]
  default_backend products
backend products
  server one ${upstream}
`,
  );
  return ["haproxy", "-db", "-f", file];
}
