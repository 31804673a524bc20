import csv

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.scenario import Match
from tests.data import data_path
from transforms.detection.decode import blank_comments, decode_texts
from transforms.detection.load import load_payloads, load_scenarios
from transforms.detection.searching import FEW, occurs
from transforms.detection.subjects import own_patterns, unwanted_patterns

LISTS = sorted(
    {payload.patterns for payload in load_payloads().values()}
    | {
        patterns
        for scenario in load_scenarios()
        for match in scenario.matches
        for _, patterns in (*own_patterns(match), *unwanted_patterns(match))
    }
)


def is_found_among_few_as_among_many(texts, kind, patterns):
    few, many = (pa.array(values, kind) for values in (texts, texts * (FEW + 1)))
    return occurs(few, patterns).tolist() == occurs(many, patterns).tolist()[: len(texts)]


@given(
    st.lists(st.text(alphabet=r"a.*+?|()[]^${}\bdDsSwWæ0123,:i-", min_size=1, max_size=12), min_size=1, max_size=3),
    st.lists(st.text(alphabet="ab0 \n\x00.æÆ(-\u2028", max_size=8), min_size=1, max_size=4),
)
def test_in_few_texts_is_found_what_is_found_in_many(written, texts):
    try:
        patterns = Match(path=written).path
    except ValueError:
        return
    assert is_found_among_few_as_among_many(texts, pa.string(), patterns)
    assert is_found_among_few_as_among_many([text.encode() + b"\xff" for text in texts], pa.binary(), patterns)


@pytest.mark.parametrize("kind", ["requests.csv", "benign.csv"])
def test_in_a_few_real_requests_is_found_what_is_found_in_many(kind):
    with data_path("scanners", kind).open(newline="", encoding="utf-8") as file:
        targets = [row["request_target"] for row in csv.DictReader(file)]
    texts = blank_comments(decode_texts(pa.array(targets, pa.string())))

    for patterns in LISTS:
        few = [occurs(texts.slice(begin, FEW), patterns) for begin in range(0, len(texts), FEW)]
        assert np.array_equal(np.concatenate(few), occurs(texts, patterns))
