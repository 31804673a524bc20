"""What a path is decides what counts as a pageview."""

import pytest

from transforms.visits.kinds import path_kinds, plain_path


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "page"),
        ("/articles/ssh", "page"),
        ("/index.PHP", "page"),
        ("/release/1.0", "page"),
        ("/report.pdf", "download"),
        ("/archive.tar.gz", "download"),
        ("/x.7z", "download"),
        ("/style.css", "other"),
        ("/app.js", "other"),
        ("/picture.webp", "other"),
        ("/unheard-of.extension", "other"),
        ("/wp-login.php", "background"),
        ("/blog/wp-json/wp/v2/posts", "background"),
        ("/feed/", "background"),
        ("/.well-known/security.txt", "background"),
        ("/robots.txt", "background"),
        ("/favicon.ico", "background"),
        (None, "other"),
        ("*", "other"),
        ("example.org:443", "other"),
    ],
)
def test_a_path_is_a_page_a_download_background_or_something_else(path: str | None, kind: str) -> None:
    assert path_kinds().of(path) == kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/poll", "background"), ("/poll/x", "page"), ("/api/x.pdf", "background"), ("/api", "page"), ("/API/x", "page")],
)
def test_the_policy_names_further_background_exactly_or_with_all_that_begins_so(path: str, kind: str) -> None:
    assert path_kinds().of(path, ["/poll", "/api/*"]) == kind


@pytest.mark.parametrize(
    ("target", "path"),
    [("http://example.org/a", "/a"), ("HTTPS://example.org", "/"), ("/a", "/a"), (None, None)],
)
def test_a_target_in_absolute_form_is_the_path_it_names(target: str | None, path: str | None) -> None:
    assert plain_path(target) == path
