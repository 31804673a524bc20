"""Whatever a personal part is disguised as and stands beside, it goes, and nothing else does."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.anonymising.disguises import NOBODYS, PERSONAL, disguised, readings
from transforms.anonymising.text import scrub_text

FRAMES = [
    ("path", "/lookup/", "/details"),
    ("path", "/", ".html"),
    ("path", "/go/", ":8443/start"),
    ("path", "/logs/access,", ",2026.txt"),
    ("path", "/p/q%20", "/x"),
    ("path", "/p/%5B", "%5D"),
    ("path", "/p/%252F", "%252Fx"),
    ("path", "/s%F8k/", "/%zz/"),
    ("path", "/søk/", ";v=2"),
    ("referrer", "https://example.org/whois/", "/x"),
    ("user_agent", "curl/8.4.0 ", ""),
    ("user_agent", "VLC/3.0.9.2 LibVLC/3.0.9.2 (", ")"),
    ("user_agent", "Bot/1.0 (+http://", "/about)"),
    ("error_message", "peer ", ". Closed"),
    ("error_message", "from ", ": connection reset by peer"),
    ("error_message", "[client ", "] AH01630: client denied by server configuration"),
    ("error_message", "gethostbyaddr(", ") in App::lookup at line 42"),
]
QUIET = [
    ("path", "/x/", "/y"),
    ("path", "/%20", "%20x"),
    ("path", "/v;k=", ";v=2"),
    ("referrer", "https://example.org/", "/x"),
    ("error_message", "in ", ", retry"),
    ("error_message", '"', '" failed'),
]


@settings(max_examples=1500, deadline=None)
@given(PERSONAL.flatmap(lambda one: st.tuples(st.just(one), disguised(one[0]))), st.sampled_from(FRAMES))
def test_a_disguised_person_is_in_no_reading_and_what_is_around_stays(
    found: tuple[tuple[str, str], str], frame: tuple[str, str, str]
) -> None:
    (_, forbidden), spelled = found
    field, before, after = frame
    scrubbed = scrub_text(f"{before}{spelled}{after}", field)
    assert scrubbed.startswith(before)
    assert scrubbed.endswith(after.removeprefix(":8443"))  # behind IPv6 without brackets it may be part of the address
    assert not any(forbidden in reading for reading in readings(scrubbed))


@settings(max_examples=1500, deadline=None)
@given(NOBODYS, st.sampled_from(QUIET))
def test_versions_dates_hashes_and_names_of_code_stay_letter_for_letter(
    nobodys: str, frame: tuple[str, str, str]
) -> None:
    field, before, after = frame
    text = f"{before}{nobodys}{after}"
    assert scrub_text(text, field) == text


@given(
    st.lists(st.integers(0, 255).map(str), min_size=4, max_size=4).map(".".join),
    st.sampled_from(
        ["Chrome/{}", "a (b; Foo/{}) c", "[FBAN/FBIOS;FBAV/{};FBSV/17]", "com.example.app/{} (Linux)", "Øl%2F{}"]
    ),
)
def test_what_follows_a_product_is_its_version(version: str, agent: str) -> None:
    assert scrub_text(agent.format(version), "user_agent") == agent.format(version)
