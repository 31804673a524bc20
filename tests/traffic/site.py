"""The site that people walk through: pages, the links between them, what each of them loads."""

from random import Random
from typing import Final, NamedTuple

from tests.traffic.requests import SHOP, WWW


class Page(NamedTuple):
    """A page; `path` is also what tables show, `?p=…` included."""

    vhost: str
    path: str

    @property
    def url(self) -> str:
        return f"https://{self.vhost}{self.path}"

    def target(self, query: str) -> str:
        """What is asked for, with a further query."""
        return f"{self.path}{'&' if '?' in self.path else '?'}{query}" if query else self.path


_SUBJECTS: Final = [
    "bread", "cider", "harbour", "ferry", "winter", "lamps", "wool", "stairs",
    "birds", "paint", "apples", "snow", "tides", "bells", "maps",
]  # fmt: skip
HOME: Final = Page(WWW, "/")
COUNTER: Final = Page(SHOP, "/")
_WWW_PAGES: Final = [
    *(Page(WWW, path) for path in ("/about", "/contact", "/blog", "/index.php", "/prices.aspx", "/docs/")),
    *(Page(WWW, f"/blog?p={number}") for number in range(2, 6)),
    *(Page(WWW, f"/blog/{first}-and-{second}") for first, second in zip(_SUBJECTS, _SUBJECTS[3:], strict=False)),
    *(Page(WWW, f"/docs/{subject}.html") for subject in _SUBJECTS[:8]),
    Page(WWW, "/blog/select-from-where"),
]
_SHOP_PAGES: Final = [
    *(Page(SHOP, f"/category/{subject}") for subject in _SUBJECTS[:5]),
    *(Page(SHOP, f"/product/{number}") for number in range(101, 131)),
    Page(SHOP, "/cart"),
]
DOWNLOADS: Final = ("/files/price-list.pdf", "/files/guide.pdf", "/files/photos.zip", "/files/form.docx")


def _links() -> dict[Page, list[Page]]:
    random = Random("links")
    inside = {page: [HOME, COUNTER, *random.sample(_WWW_PAGES, 7)] for page in [HOME, *_WWW_PAGES]}
    return inside | {page: [COUNTER, HOME, *random.sample(_SHOP_PAGES, 7)] for page in [COUNTER, *_SHOP_PAGES]}


LINKS: Final = _links()
PAGES: Final = list(LINKS)
LINKS_OF_WWW: Final = {
    page: [link for link in links if link.vhost == WWW] for page, links in LINKS.items() if page.vhost == WWW
}
# What reaches the policy's goals, by how a path begins; `?p=3` of the blog is the blog
GOALS: Final = {"Blog read": ("/blog",), "Cart opened": ("/cart",), "Document fetched": ("/files/",)}
STYLE: Final = ("/assets/site.css", "/assets/app.js")


def picture(page: Page) -> str:
    """The picture that a page shows."""
    return f"/img/{len(page.path) % 7}.png"
