"""How the configs of servers in these tests begin; `@name@` is replaced when one is written."""

from typing import Final

NGINX: Final = """\
user root;
worker_processes 1;
daemon off;
pid @here@/nginx.pid;
error_log @here@/error.log;
events {}
http {
    access_log off;
    client_body_temp_path @here@/body; proxy_temp_path @here@/proxy; fastcgi_temp_path @here@/fastcgi;
    uwsgi_temp_path @here@/uwsgi; scgi_temp_path @here@/scgi;
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
"""
APACHE: Final = """\
ServerName www.example.org
ServerRoot @here@
DefaultRuntimeDir @here@
Mutex file:@here@ default
PidFile @here@/apache.pid
ErrorLog @here@/error.log
Listen 127.0.0.1:@port@
User www-data
Group www-data
@modules@
"""
HAPROXY: Final = """\
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:@port@
    http-request set-src hdr(x-forwarded-for) if { src 127.0.0.1 }
"""
