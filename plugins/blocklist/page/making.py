"""The kit: a page for each server that can say which ban it was, a plain one for all others, and their settings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from schemas.policy import Policy
from schemas.refusals import RefusedError

HERE: Final = Path(__file__).parent
SETTINGS: Final = ("nginx-http.conf", "nginx-server.conf", "apache.conf", "haproxy.cfg")
MAP: Final = "/etc/haproxy/lethe.map"
SUBJECT: Final = {"nb": "Sperret", "en": "Blocked"}
MAIL: Final = re.compile(r"[^@\s:/]+@[^@\s:/]+\.[^@\s:/]+")
TEMPLATES: Final = Environment(
    loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)


@dataclass(frozen=True)
class Contact:
    """Whom to ask for a lift: an address of mail, a page, or words."""

    text: str

    @property
    def is_mail(self) -> bool:
        return MAIL.fullmatch(self.text) is not None

    @property
    def link(self) -> str:
        if self.is_mail:
            return f"mailto:{quote(self.text, safe='@')}"
        return self.text if re.fullmatch(r"https?://\S+", self.text) else ""


class Said(NamedTuple):
    """What a server puts in the place of a handle, and of the day and the time until when (UTC)."""

    handle: str = ""
    day: str = ""
    time: str = ""


NAMES: Final = ("lethe_handle", "lethe_day", "lethe_time")
REDIRECTED: Final = ("REDIRECT_lethe_block", "REDIRECT_lethe_day", "REDIRECT_lethe_time")
SERVERS: Final = {
    "blocked-nginx.html": Said(*(f'<!--# echo var="{name}" -->' for name in NAMES)),
    "blocked-apache.html": Said(*(f'<!--#echo var="{name}" -->' for name in REDIRECTED)),
    "blocked-haproxy.html": Said(
        "%[var(txn.lethe),word(1,' ')]",
        "%[var(txn.lethe),word(2,' '),bytes(0,10)]",
        "%[var(txn.lethe),word(2,' '),bytes(11,5)]",
    ),
    "blocked.html": Said(),
}


def make_kit(policy: Policy, folder: Path) -> Iterator[tuple[str, str]]:
    """The files by name; `folder` is where servers find them. RefusedError where nobody could be asked for a lift."""
    contact = Contact(policy.controller.contact)
    if not contact.text:
        raise RefusedError('controller.contact is empty; say whom to ask for a lift, such as "it@example.org"')
    for name, said in SERVERS.items():
        yield name, _page(name, said, contact, policy.site.name)
    for name in SETTINGS:
        text = (HERE / name).read_text(encoding="utf-8")
        yield name, text.replace("@folder@", str(folder)).replace("@map@", MAP)


def _page(name: str, said: Said, contact: Contact, site: str) -> str:
    """With marks for what the server says, so that whatever means something to it elsewhere can be escaped."""
    marks = Said(*(f"@{number}@" if text else "" for number, text in enumerate(said)))
    template = TEMPLATES.get_template("blocked.html")
    page = template.render(**marks._asdict(), contact=contact, site=site, subject=SUBJECT)
    page = page.replace("%", "%%") if name == "blocked-haproxy.html" else page
    for number, text in enumerate(said):
        page = page.replace(f"@{number}@", text)
    return page
