"""How visitors came: by the lists of search engines, AI assistants and social networks, or from a host."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.enriching.hosts import HOST
from transforms.enriching.referrers import SOURCES, classify_referrers

OWN = ["www.example.org", "shop.example.org:8443", "[2001:db8::1]:8443"]


def classify(referrer: str | None) -> tuple[str, ...]:
    (row,) = classify_referrers([referrer], OWN).to_pylist()
    return tuple(row.values())


@pytest.mark.parametrize(
    ("referrer", "kind", "name", "host"),
    [
        ("https://www.google.com/", "search", "Google", "google.com"),
        ("https://www.google.co.uk/url?sa=t", "search", "Google", "google.co.uk"),
        ("https://www.google.com/imgres?x=1", "search", "Google Images", "google.com"),
        ("https://no.bing.com/search?q=fish", "search", "Bing", "no.bing.com"),
        ("https://duckduckgo.com", "search", "DuckDuckGo", "duckduckgo.com"),
        ("https://fr.search.yahoo.com/", "search", "Yahoo!", "fr.search.yahoo.com"),
        ("https://de.images.search.yahoo.com/", "search", "Yahoo! Images", "de.images.search.yahoo.com"),
        ("https://m.yandex.ru/", "search", "Yandex", "m.yandex.ru"),
        ("https://www.kvasir.no/", "search", "Kvasir", "kvasir.no"),
        ("https://chatgpt.com/", "ai", "ChatGPT", "chatgpt.com"),
        ("https://gemini.google.com/app", "ai", "Gemini", "gemini.google.com"),
        ("https://www.perplexity.ai/", "ai", "Perplexity", "perplexity.ai"),
        ("https://x.com/i/grok?conversation=1", "ai", "Grok", "x.com"),
        ("https://x.com/", "social", "Twitter", "x.com"),
        ("https://t.co/abc", "social", "Twitter", "t.co"),
        ("https://l.facebook.com/l.php", "social", "Facebook", "l.facebook.com"),
        ("https://www.facebook.com/", "social", "Facebook", "facebook.com"),
        ("https://old.reddit.com/r/dns", "social", "reddit", "old.reddit.com"),
    ],
)
def test_a_host_of_the_lists_has_the_lists_name(referrer, kind, name, host):
    assert classify(referrer) == (kind, name, host)


@pytest.mark.parametrize(
    ("with_words", "without", "kind"),
    [
        ("https://www.cnn.com/search?query=fish", "https://www.cnn.com/", "external"),
        ("https://www.facebook.com/search?q=fish", "https://www.facebook.com/", "social"),
        ("https://www.perplexity.ai/search?q=fish", "https://www.perplexity.ai/search?q=", "ai"),
    ],
)
def test_a_host_that_is_more_than_a_search_engine_needs_search_words(with_words, without, kind):
    assert classify(with_words)[0] == "search"
    assert classify(without)[0] == kind


def test_mail_and_documents_of_a_search_engine_are_no_search():
    assert classify("https://mail.google.com/mail/u/0/") == ("external", "mail.google.com", "mail.google.com")


@pytest.mark.parametrize(
    "referrer", ["https://WWW.EXAMPLE.ORG:8443/a", "http://example.org", "https://shop.example.org."]
)
def test_an_own_host_resumes_whatever_its_www_case_and_port(referrer):
    assert classify(referrer)[:2] == ("resumed", "unknown")
    assert classify("https://blog.example.org/")[0] == "external"


def test_another_site_is_known_by_its_host_alone():
    assert classify("https://ola:secret@www.Other.example:8080/ola?mail=ola@example.org") == (
        "external",
        "other.example",
        "other.example",
    )
    assert classify("https://blåbær.example/")[1] == "xn--blbr-roah.example"


def test_an_android_app_is_known_by_its_name():
    assert classify("android-app://com.google.android.googlequicksearchbox/")[:2] == ("search", "Google")
    assert classify("android-app://com.google.android.gm/") == ("external", *["com.google.android.gm"] * 2)


@pytest.mark.parametrize(
    "referrer",
    [
        "http://192.0.2.7/x",
        "http://[2001:db8::7]:8080/",
        "http://3221225991/",
        "http://0xc0000207/",
        "http://１９２.0.2.7/",
        "http://192-0-2-7.customer.example.net/",
        "http://host.192.0.2.7.example.net/",
        "http://2001-db8-0-0-1.customer.example.net/",
    ],
)
def test_a_host_that_is_an_address_or_made_of_one_is_never_named(referrer):
    assert classify(referrer) == ("external", "unknown", "unknown")


def test_an_own_address_resumes_and_is_not_named():
    assert classify("http://[2001:db8::1]/") == ("resumed", "unknown", "unknown")


@pytest.mark.parametrize(
    "referrer",
    [
        None,
        "",
        "-",
        "about:blank",
        "ftp://other.example/",
        "http://",
        "https://ola nordmann/",
        "https://ola%2enordmann.example/",
        "https://other.example\\@evil.example/",
        "https://-.example/",
        "https://" + "a" * 64 + ".example/",
        "https://" + "a." * 200 + "example/",
    ],
)
def test_what_is_no_referrer_of_the_web_is_direct(referrer):
    assert classify(referrer) == ("direct", "unknown", "unknown")


@given(st.text() | st.text().map("https://{}/".format) | st.from_regex(r"https?://[\w.:@\[\]%-]+/.*"))
def test_only_names_of_hosts_come_out(referrer):
    kind, source, host = classify(referrer)
    assert kind in {"search", "ai", "social", "external", "resumed", "direct"}
    assert HOST.fullmatch(host)
    assert (source == host) or kind != "external"


def test_rows_come_in_the_given_order():
    table = classify_referrers(pa.array([None, "https://t.co/"]), [])
    assert table.schema == SOURCES
    assert table["source_kind"].to_pylist() == ["direct", "social"]
    assert classify_referrers([], []).num_rows == 0


def test_a_host_that_is_made_of_a_token_is_never_named():
    token, letters = "https://q7n3k2v8m1c5x9z0l4j6.example.net/", "https://xn--90adhhccf5aeewt7j.xn--p1ai/"
    rows = classify_referrers([token, letters], []).to_pylist()
    assert [row["source"] for row in rows] == ["unknown", "xn--90adhhccf5aeewt7j.xn--p1ai"]
