"""Who hears of a failure: a real web server and a real mail server, named by Airflow connections."""

import json
import logging
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import pytest
from airflow.sdk.exceptions import AirflowFailException

from plugins.scheduling.notifying import notify, notify_failure
from tests.stores import Site, utc


class Webhook(BaseHTTPRequestHandler):
    posted: ClassVar[list[tuple[str, str | None, object]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.posted.append((self.path, self.headers["Authorization"], body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Mailbox(socketserver.StreamRequestHandler):
    """As much of SMTP as one message needs."""

    messages: ClassVar[list[tuple[str, Message]]] = []

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        recipient = ""
        while line := self.rfile.readline().strip():
            if line.upper().startswith(b"RCPT"):
                recipient = line.decode()
            if line.upper() == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.messages.append((recipient, message_from_bytes(b"".join(lines))))
            self.wfile.write(b"221 bye\r\n" if line.upper() == b"QUIT" else b"250 fine\r\n")


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    Webhook.posted, Mailbox.messages = [], []
    web, mail = HTTPServer(("127.0.0.1", 0), Webhook), socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    for server in (web, mail):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    hook = {"conn_type": "http", "host": f"http://127.0.0.1:{web.server_port}/hook", "password": "token"}
    smtp = {
        "conn_type": "smtp",
        "host": "127.0.0.1",
        "port": mail.server_address[1],
        "extra": {"from_email": "lethe@example.org", "to": "ops@example.org", "disable_ssl": True, "disable_tls": True},
    }
    monkeypatch.setenv("AIRFLOW_CONN_LETHE_WEBHOOK", json.dumps(hook))
    monkeypatch.setenv("AIRFLOW_CONN_LETHE_SMTP", json.dumps(smtp))
    yield
    for server in (web, mail):
        server.shutdown()
        server.server_close()


@pytest.mark.usefixtures("servers")
def test_the_webhook_and_the_mailbox_get_the_sentence() -> None:
    notify("trouble", "www: no new line for 3 hours & more")
    text = "Lethe: trouble: www: no new line for 3 hours & more"
    assert Webhook.posted == [("/hook", "Bearer token", {"text": text})]
    [(recipient, message)] = Mailbox.messages
    assert "ops@example.org" in recipient
    assert message["Subject"] == "Lethe: trouble"
    [part] = message.get_payload()
    assert part.get_payload(decode=True) == b"www: no new line for 3 hours &amp; more"


@pytest.fixture(autouse=True)
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The store in which it is noted what was told."""
    site = Site(tmp_path, utc(2026, 11, 20, 11))
    monkeypatch.setenv("LETHE_POLICY", str(site.policy))
    return site


@pytest.mark.usefixtures("servers")
def test_the_same_failure_is_told_once_a_day_and_without_a_store_each_time(site: Site) -> None:
    task = SimpleNamespace(dag_id="ingest_logs", task_id="fail_for_problems")
    failed = {"ti": task, "exception": AirflowFailException("access.log.14.gz is a broken gzip file")}
    for _ in range(3):
        notify_failure(failed)
    assert len(Webhook.posted) == 1
    site.policy.unlink()
    notify_failure(failed)
    assert len(Webhook.posted) == 2


@pytest.mark.usefixtures("servers")
def test_of_a_failure_only_sentences_of_our_own_are_told() -> None:
    task = SimpleNamespace(dag_id="ingest_logs", task_id="read_files")
    notify_failure({"ti": task, "exception": AirflowFailException("the policy is not there")})
    notify_failure({"ti": task, "exception": ValueError("192.0.2.77")})
    texts = [body["text"] for _, _, body in Webhook.posted]  # type: ignore[index]
    assert texts == [
        "Lethe: ingest_logs.read_files failed: the policy is not there",
        "Lethe: ingest_logs.read_files failed: ValueError",
    ]


def test_without_connections_it_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "plugins.scheduling.notifying"):
        notify("trouble", "a sentence")
    assert [record.getMessage() for record in caplog.records] == ["trouble: a sentence"]


def test_whoever_cannot_be_reached_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hook = {"conn_type": "http", "host": "http://127.0.0.1:9/hook"}
    monkeypatch.setenv("AIRFLOW_CONN_LETHE_WEBHOOK", json.dumps(hook))
    with caplog.at_level(logging.WARNING, "plugins.scheduling.notifying"):
        notify("trouble", "a sentence")
    assert "lethe_webhook: the message was not delivered (URLError)" in caplog.text
