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
        (b"%c0%ae%AD", b"\xc0\xae\xad"),
        (b"100%", b"100%"),
        (b"%zz%2", b"%zz%2"),
        (rb"C:\winnt", rb"c:\winnt"),
    ],
)
def test_escapes_are_undone_as_often_as_servers_undo_them(sent, meant):
    assert decode_text(sent) == meant


@given(st.text(st.characters(codec="ascii", exclude_characters="%+\\")))
def test_text_without_escapes_stays_as_it_is(text):
    assert decode_text(text.encode()) == text.lower().encode()


def test_a_missing_value_stays_missing():
    assert decode_texts(pa.array(["%41", None])).to_pylist() == [b"a", None]


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (b"union/**/select", b"union select"),
        (b"union/* a\nb */select", b"union select"),
        (b"/*!50000select*/ 1", b" select*/ 1"),
        (b"a /* b", b"a /* b"),
    ],
)
def test_comments_are_blanks_and_what_mysql_runs_stays(sent, meant):
    assert blank_comments(pa.array([sent], pa.binary())).to_pylist() == [meant]
