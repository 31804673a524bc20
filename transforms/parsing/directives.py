"""The vocabulary of Apache's LogFormat and nginx's log_format: directive → meaning, meaning → how its value looks.

Sources: Apache mod_log_config, nginx ngx_http_log_module.
"""

import re
from typing import Final

# meaning → pattern, where the value stands between blanks
BARE: Final = {
    "client": rb'[^\s",|;]+',
    "ident": rb'-|[^\s",|;]+(?! - [^\[])',  # what stands before " - x" is the client of a line with a host in front
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
    "I": "skip",
    "S": "skip",
    "D": "microseconds",
    "T": "seconds",
    "v": "vhost",
    "V": "vhost",
    "p": "skip",
    "L": "request_id",
    "A": "skip",
    "P": "skip",
    "k": "skip",
    "X": "skip",
    "f": "skip",
    "R": "skip",
}
APACHE_NAMED: Final = {
    ("a", "c"): "peer",
    ("i", "referer"): "referrer",
    ("i", "user-agent"): "user_agent",
    ("i", "x-forwarded-for"): "forwarded",
    ("i", "host"): "vhost",
    ("T", "s"): "seconds",
    ("T", "ms"): "milliseconds",
    ("T", "us"): "microseconds",
    ("p", "remote"): "port",
    ("p", "local"): "skip",
    ("p", "canonical"): "skip",
    ("h", "c"): "peer",
    ("e", "unique_id"): "request_id",
    ("t", ""): "time",
    ("t", "msec_frac"): "skip",
    ("t", "usec_frac"): "skip",
    ("t", "sec"): "epoch_s",
    ("t", "msec"): "epoch_ms",
    ("t", "usec"): "epoch_us",
}
APACHE_OPEN: Final = frozenset({"i", "o", "e", "x", "C", "n", "P", "^ti", "^to"})  # any name; nothing we keep

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
    "host": "vhost",
    "http_host": "vhost",
    "server_name": "vhost",
}
NGINX_LISTS: Final = re.compile(r"upstream_\w+|proxy_add_x_forwarded_for")
NGINX_OTHERS: Final = re.compile(
    r"(?:http|sent_http|sent_trailer|upstream_http|cookie|arg|ssl|tcpinfo|proxy|geoip|geoip2|jwt|quic)_\w+"
    r"|request_length|request_completion|request_filename|request_body|scheme|https|server_addr|server_port|pid|pipe"
    r"|connection|connection_requests|connection_time|gzip_ratio|hostname|nginx_version|namespace|ingress_name"
    r"|service_name|service_port|req_id|server|limit_rate|content_length|content_type|document_root"
    r"|binary_remote_addr|realip_remote_port|realpath_root|the_real_ip|time_zone|uid_got|uid_set|spdy|http2|http3"
)
STRFTIME: Final = {
    "T": "%H:%M:%S", "F": "%Y-%m-%d", "D": "%m/%d/%y", "R": "%H:%M", "e": "%d", "h": "%b", "n": "\n", "t": "\t"
}  # fmt: skip
APACHE_DIRECTIVE: Final = re.compile(r"%(?:!?\d+(?:,\d+)*)?[<>]?(?:\{([^}]*)\})?(\^t[io]|[A-Za-z%])")
NGINX_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
