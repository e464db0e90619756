from typing import Any

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from articles.dynamo_json import from_attributes, to_attributes

NUMBERS = st.integers(-(10**15), 10**15) | st.floats(-1e6, 1e6).filter(lambda number: number == 0 or abs(number) > 1e-9)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1), inner),
)
ITEMS = st.dictionaries(st.text(min_size=1), VALUES)


@given(ITEMS)
def test_an_item_survives_the_trip(item: dict[str, Any]) -> None:
    assert from_attributes(to_attributes(item)) == item


@given(ITEMS)
def test_boto3_reads_what_is_written_as_the_same_numbers(item: dict[str, Any]) -> None:
    read = {name: TypeDeserializer().deserialize(value) for name, value in to_attributes(item).items()}
    again = {name: TypeSerializer().serialize(value) for name, value in read.items()}
    assert from_attributes(again) == item


def test_truth_is_no_number() -> None:
    assert to_attributes({"yes": True, "one": 1}) == {"yes": {"BOOL": True}, "one": {"N": "1"}}


def test_a_tuple_comes_back_as_a_list() -> None:
    assert from_attributes(to_attributes({"tags": ("a", "b")})) == {"tags": ["a", "b"]}


@pytest.mark.parametrize("value", [object(), {"a"}, b"bytes"])
def test_what_no_item_of_ours_may_hold_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        to_attributes({"value": value})
