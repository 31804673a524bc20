"""A proxy before an object store that spoils the answers it is told to, and passes on the others."""

import http.client
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

PASS = "pass"
HANG = "hang"
CUT = "cut"  # half the answer; of what is put, half the object
NOISE = "noise"  # an answer, but of something else
STATUS = {
    "InternalError": 500,
    "NotImplemented": 501,
    "SlowDown": 503,
    "AccessDenied": 403,
    "RequestTimeTooSkewed": 403,
}
LONG_AGO = "Thu, 01 Jan 2015 00:00:00 GMT"


class Faulty(ThreadingHTTPServer):
    """`faults`: one for each request to come, a name above or S3's of an error; after the last, all pass."""

    daemon_threads = True

    def __init__(self, store: str) -> None:
        super().__init__(("127.0.0.1", 0), Spoiler)
        self.store = store.removeprefix("http://")
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.faults: Iterator[str] = iter(())
        self.ended = Event()
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def spoil(self, faults: Iterable[str]) -> None:
        self.faults = iter(faults)

    def close(self) -> None:
        self.ended.set()
        self.shutdown()
        self.server_close()


class Spoiler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Faulty

    def do_GET(self) -> None:
        fault = next(self.server.faults, PASS)
        self.close_connection = fault != PASS
        length = int(self.headers.get("Content-Length", 0))
        if fault == HANG:
            self.server.ended.wait(30)
        elif fault == CUT and length:
            self.rfile.read(length // 2)
        elif fault == NOISE:
            self._answer(200, {}, b"<html><p>Please sign in</p></html>")
        elif fault in STATUS:
            self.rfile.read(length)
            self._answer(STATUS[fault], {"Date": LONG_AGO}, f"<Error><Code>{fault}</Code></Error>".encode())
        else:
            self._pass_on(self.rfile.read(length), half=fault == CUT)

    do_PUT = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of http.server

    def _pass_on(self, body: bytes, half: bool) -> None:
        onward = http.client.HTTPConnection(self.server.store)
        onward.request(self.command, self.path, body, {**self.headers, "Connection": "close"})
        answer = onward.getresponse()
        content = answer.read()
        onward.close()
        headers = dict(answer.getheaders())
        length = int(answer.getheader("Content-Length", 0)) if self.command == "HEAD" else len(content)
        self._answer(answer.status, headers, content, len(content) // 2 if half else None, length)

    def _answer(
        self, status: int, headers: dict[str, str], content: bytes, end: int | None = None, length: int | None = None
    ) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content) if length is None else length))
        self.end_headers()
        self.wfile.write(content[:end])

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""
