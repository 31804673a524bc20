"""The vocabulary of Apache's LogFormat and nginx's log_format: directive → meaning, meaning → how its value looks.

Sources: Apache mod_log_config, mod_logio and mod_ssl (2.4 and trunk); nginx ngx_http_log_module and the variables of
its modules (1.29). A meaning is what `transforms.parsing.meanings` makes columns of.
"""

import re
from typing import Final

# meaning → pattern, where the value stands between blanks
BARE: Final = {
    "client": rb'[^\s",|;]+',
    "peer": rb'[^\s",|;]+',
    # Where " - x" follows, something stands in front of the line: a host, or what syslog writes.
    "ident": rb'-|[^\s",|;]++(?![^"]* - [^\[])',
    "user": rb'-|""|(?:[^"\\]|\\.)+?',  # names with blanks exist, and clients choose them
    # Clients choose this too: a second " - " in front of the time could be the header's or the user name's.
    "forwarded": rb'(?:-|[^\s",]+(?:,\s*[^\s",]+)*)(?! - [^"]* - )',
    "query": rb'[^\s"]*',  # Apache writes nothing where there is none
    "is_args": rb"\??",
    "status": rb"\d{3}|-",
    "bytes": rb"\d{1,19}|-",
    "body_bytes": rb"\d{1,19}|-",
    "port": rb"\d{1,5}|-",
    "seconds": rb"\d{1,12}(?:\.\d{1,9})?|-",
    "milliseconds": rb"\d{1,15}|-",
    "microseconds": rb"\d{1,18}|-",
    "epoch": rb"\d{1,12}(?:\.\d{1,9})?",
    "epoch_ms": rb"\d{1,15}",
    "epoch_us": rb"\d{1,18}",
    "epoch_s": rb"\d{1,12}",
    "skip_list": rb"[^\s\",]+(?:(?:,| :) [^\s\",]+)*",  # upstreams tried one after the other
}
NUMBERS: Final = frozenset({"status", "bytes", "body_bytes", "port", "seconds", "milliseconds", "microseconds"})
# Two values with nothing between them: where the first ends, since the second begins with `?` or `/`. The second
# half forbids to end earlier: trying that would take quadratic time on a long line that does not fit.
ADJACENT: Final = {
    ("path", "query"): rb'[^\s"?]*(?![^\s"?])',
    ("path", "is_args"): rb'[^\s"?]*(?![^\s"?])',
    ("is_args", "query"): rb"\??",
    ("vhost", "path"): rb'[^\s"/]*(?![^\s"/])',
    ("vhost", "target"): rb'[^\s"/]*(?![^\s"/])',
}
WITH_BLANKS: Final = frozenset({"request", "referrer", "user_agent"})
QUOTED: Final = rb'[^"\\]*(?:\\.[^"\\]*)*'  # `\"` and `\x22` are content: both servers escape a quote
QUOTED_RAW: Final = rb'[^"]*'  # nginx's escape=none: a quote inside a value is taken for no value's
# What a server fills, so that no client can put a blank into it.
SERVERS_OWN: Final = NUMBERS | {"client", "peer", "ident", "method", "protocol", "request_id", "is_args", "skip_list"}

APACHE: Final = {
    "%": "literal",
    "a": "client",
    "h": "client",
    "l": "ident",
    "u": "user",
    "t": "time",
    "r": "request",
    "m": "method",
    "U": "path",
    "q": "query",
    "H": "protocol",
    "s": "status",
    "b": "body_bytes",
    "B": "body_bytes",
    "O": "bytes",
    "D": "microseconds",
    "T": "seconds",
    "v": "vhost",
    "V": "vhost",
    "L": "request_id",
    **dict.fromkeys(("A", "F", "I", "P", "R", "S", "X", "^FB", "^FU", "f", "k", "p"), "skip"),
}
APACHE_NAMED: Final = {
    ("a", "c"): "peer",
    ("h", "c"): "peer",
    ("i", "referer"): "referrer",
    ("i", "user-agent"): "user_agent",
    ("i", "x-forwarded-for"): "forwarded",
    ("i", "forwarded"): "forwarded",
    ("i", "host"): "vhost",
    ("i", "x-request-id"): "request_id",
    ("e", "unique_id"): "request_id",
    ("L", "c"): "skip",
    ("T", ""): "seconds",
    ("T", "s"): "seconds",
    ("T", "ms"): "milliseconds",
    ("T", "us"): "microseconds",
    ("p", "remote"): "port",
    ("p", "local"): "skip",
    ("p", "canonical"): "skip",
    ("P", "pid"): "skip",
    ("P", "tid"): "skip",
    ("P", "hextid"): "skip",
}
APACHE_OPEN: Final = frozenset({"i", "o", "e", "x", "c", "C", "n", "^ti", "^to"})  # any name; nothing we keep
# The order of modifiers is free: original or final request, statuses on which alone the value is written, an argument.
APACHE_DIRECTIVE: Final = re.compile(r"%((?:[!<>,\d]|\{[^}]*\})*)(\^[A-Za-z]{2}|[A-Za-z%])")
APACHE_ARGUMENT: Final = re.compile(r"\{([^}]*)\}")

NGINX: Final = {
    "remote_addr": "client",
    "realip_remote_addr": "peer",
    "remote_port": "port",
    "remote_user": "user",
    "time_local": "time_local",
    "time_iso8601": "time iso",
    "msec": "epoch",
    "request": "request",
    "request_method": "method",
    "request_uri": "target",
    "uri": "path",
    "document_uri": "path",
    "args": "query",
    "is_args": "is_args",
    "query_string": "query",
    "server_protocol": "protocol",
    "status": "status",
    "body_bytes_sent": "body_bytes",
    "bytes_sent": "bytes",
    "request_time": "seconds",
    "request_id": "request_id",
    "http_referer": "referrer",
    "http_user_agent": "user_agent",
    "http_x_forwarded_for": "forwarded",
    "http_forwarded": "forwarded",
    "proxy_add_x_forwarded_for": "forwarded",  # the header, and behind it who connected
    "host": "vhost",
    "http_host": "vhost",
    "server_name": "vhost",
}
# Who asked where the line says it in no other way, the surest first; headers are believed as forwarded ones are.
ONLY_CLIENTS: Final = {
    "proxy_protocol_addr": "client",
    "http_cf_connecting_ip": "forwarded",
    "http_x_real_ip": "forwarded",
    "{cf-connecting-ip}i": "forwarded",
    "{x-real-ip}i": "forwarded",
}
NGINX_LISTS: Final = re.compile(r"upstream_\w+")
NGINX_OTHERS: Final = re.compile(
    r"(?:http|sent_http|sent_trailer|cookie|arg|ssl|tcpinfo|proxy|geoip|geoip2|jwt|otel|fastcgi|secure_link|uid|own)_\w+"
    r"|request_(?:length|completion|filename|body|body_file|port)|is_request_port|scheme|https|server_(?:addr|port)|pid"
    r"|pipe|connection|connection_requests|connection_time|connections_\w+|gzip_ratio|hostname|nginx_version|limit_rate"
    r"|limit_(?:conn|req)_status|content_length|content_type|document_root|realpath_root|binary_remote_addr"
    r"|realip_remote_port|date_local|date_gmt|http2|http3|quic|spdy|msie|modern_browser|ancient_browser|invalid_referer"
    r"|slice_range|secure_link|session_log_id|session_log_binary_id|memcached_key|time_zone"
    r"|namespace|ingress_name|service_name|service_port|req_id|server|the_real_ip"  # of ingress-nginx and NPM
)
NGINX_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
# Decoded by nginx, or written by several hands: these can hold a newline, so with escape=none a client forges lines.
NGINX_DECODED: Final = re.compile(
    r"uri|document_uri|remote_user|request_filename|realpath_root|request_body|fastcgi_\w+|ssl_client_\w+|proxy_protocol_tlv_\w+"
    r"|secure_link\w*|upstream_http_\w+|own_\w+|memcached_key"
)
