/**
 * The configuration of an nginx that caches in front of another server, for as long as the gateway does, with all that
 * nginx has for it: one request for many (lock), stale answers while it refreshes and on errors, kept connections.
 *
 * @param {{ port: number, target: string, folder: string, freshMs: number, user: string | undefined }} options
 */
export function nginxConfig({ port, target, folder, freshMs, user }) {
  return `
${user === undefined ? '' : `user ${user};`}
worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log crit;
worker_rlimit_nofile 40000;
events { worker_connections 20000; }
http {
  access_log ${folder}/access.log;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000;
  proxy_cache_path ${folder}/cache keys_zone=instances:16m max_size=256m inactive=10m use_temp_path=off;
  upstream service { server ${target}; keepalive 64; keepalive_requests 1000000; }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_cache instances;
      proxy_cache_valid 200 ${Math.max(1, Math.round(freshMs / 1000))}s;
      proxy_cache_lock on;
      proxy_cache_background_update on;
      proxy_cache_use_stale error timeout updating http_500 http_502 http_503 http_504;
      proxy_connect_timeout 2s;
      proxy_read_timeout 5s;
    }
  }
}
`;
}
