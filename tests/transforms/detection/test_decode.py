import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.detection.decode import blank_comments, decode_text, decode_texts


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (b"/Plain/Path.html", b"/plain/path.html"),
        (b"a+b%20c", b"a b c"),
        (b"1%2B1", b"1+1"),
        (b"%3Cscript%3E", b"<script>"),
        (b"%253Cscript%253E", b"<script>"),
        (b"%25253Cscript%25253E", b"<script>"),
        (b"%2525253C", b"%3c"),  # four times: nobody undoes that
        (rb"\x3Cscript\x3e", b"<script>"),
        (rb"\u003cscript%u003E", b"<script>"),
        (rb"%5Cx27", b"'"),
        (b"%C3%A5", "å".encode()),
        (b"%c0%ae%c1%9c%e0%80%af%f0%80%80%ae%AD", b".\\/.\xad"),
        (b"%uff1cscript%uFF1E%u2215", b"<script>/"),
        ("①②⑦｡⓪。⓪.①/ⓛⓞⓒⓐⓛ".encode(), b"127.0.0.1/local"),
        (b"%26lt;b%26#62;&#x3C;b&Tab;javascript&colon;", b"<b><b\tjavascript:"),
        (b"1%a0or%C2%A01%0b", b"1 or 1 "),
        (b"<scr%00ipt>", b"<script>"),
        ("D’Arcy".encode(), b"d'arcy"),
        (b"%E5%F8", b"\xe5\xf8"),
        (b"a=1&copy=2&lt=3", b"a=1&copy=2&lt=3"),
        (b"100%", b"100%"),
        (b"%zz%2", b"%zz%2"),
        (rb"C:\winnt", rb"c:\winnt"),
    ],
)
def test_escapes_are_undone_as_often_as_servers_undo_them(sent, meant):
    assert decode_text(sent) == meant


@given(st.text(st.characters(codec="ascii", exclude_characters="%+\\&\x00\x0b\x0c")))
def test_text_without_escapes_stays_as_it_is(text):
    assert decode_text(text.encode()) == text.lower().encode()


def test_a_missing_value_stays_missing():
    assert decode_texts(pa.array(["%41", None])).to_pylist() == [b"a", None]


@given(st.binary())
def test_anything_can_be_decoded_and_one_text_as_all_of_them(raw):
    assert decode_texts(pa.array([raw], pa.binary())).to_pylist() == [decode_text(raw)]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (b"union/**/select", b"union select"),
        (b"union/* a\nb */select", b"union select"),
        (b"/*!50000select*/ 1", b" select  1"),
        (b"union # a\nselect", b"union  select"),
        (b"c'a't /etc/passwd", b"cat /etc/passwd"),
        (b"wh\\oami", b"whoami"),
        (b"pi``ng", b"ping"),
    ],
)
def test_a_text_is_also_read_without_comments_and_needless_quotes(sent, meant):
    assert blank_comments(pa.array([sent], pa.binary())).to_pylist() == [sent + b"\x01" + meant]


@pytest.mark.parametrize("sent", [b"rock 'n' roll", b"https://www.example.org/", b"it's", b"--"])
def test_a_text_without_them_is_read_once(sent):
    assert blank_comments(pa.array([sent], pa.binary())).to_pylist() == [sent]
