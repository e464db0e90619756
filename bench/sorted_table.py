"""A stand-in for our table that finds a page as DynamoDB does, in time that grows with the logarithm of its size.

The emulators sort a partition for every Query, so their time says nothing about ours. Here each partition of the table
and of its indexes is a list that is sorted already, and only what is asked for is made an item. It keeps published
articles with one image each, and answers Query with the capacity they consume by the documented rules. It
does not write, filter, project or page by ExclusiveStartKey, knows no other key than ours, and no network is between:
what it shows is which part of our cost follows the table's size, not how long DynamoDB takes.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from articles import keys
from articles.dynamo_json import to_attributes
from articles.items import Item, article_to_item, labelled_image_to_item, tag_to_item
from articles.model import Article, Image, Label
from bench.capacity_units import Attributes, Index, item_size, read_units
from tests.dynamodb import SCHEMA

INDEXES = {
    index["name"]: Index(
        index["name"],
        (index["hash_key"], index["range_key"]),
        frozenset(index.get("non_key_attributes", [])),
    )
    for index in SCHEMA["indexes"]
}
TABLE_KEYS = (keys.PK, keys.SK)

Made = tuple[Article, Image, Label]

AUTHORS = 20


class SortedTable:
    def __init__(self, size: int, id_of: Callable[[int], str], make: Callable[[int], Made]) -> None:
        """`make` gives the article of a number, with its image, of the same id, and the label that it shows; larger
        numbers are newer. Tags and labels are the same for all; authors take turns, each number's the same as that of
        its rest by AUTHORS."""
        self._make = make
        self._lists: dict[tuple[str, str], tuple[list[str], list[int]]] = defaultdict(lambda: ([], []))
        self.size = size
        self.queries = 0
        self.read = 0.0
        authors = [make(number)[0].author.id for number in range(AUTHORS)]
        article, _, label = make(0)
        for number in range(size):
            own_id = id_of(number)
            self._add("", keys.label_partition(label.name), own_id, number)
            for tag in article.tags:
                key = keys.tag_key(tag, own_id)
                self._add("", key[keys.PK], key[keys.SK], number)
            entry = keys.article_index_keys(own_id, authors[number % AUTHORS], article.status)
            for name in (keys.FEED_INDEX, keys.AUTHOR_INDEX):
                hash_key, range_key = keys.INDEX_KEYS[name]
                self._add(name, entry[hash_key], entry[range_key], number)

    def query(
        self,
        *,
        ExpressionAttributeValues: Any,  # noqa: N803 (named by the library, as the others)
        Limit: int,  # noqa: N803
        ScanIndexForward: bool,  # noqa: N803
        IndexName: str = "",  # noqa: N803
        ConsistentRead: bool = False,  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        """As boto3's, for what articles.table asks: the newest of a partition, those before a sort key or all."""
        assert not ScanIndexForward
        partition = ExpressionAttributeValues[":hash"]["S"]
        ids, numbers = self._lists[IndexName, partition]
        bound = ExpressionAttributeValues.get(":bound")
        end = bisect_left(ids, bound["S"]) if bound else len(ids)
        start = max(0, end - Limit)
        items = [self._item(IndexName, partition, number) for number in reversed(numbers[start:end])]
        units = read_units(map(item_size, items), consistent=ConsistentRead)
        self.queries += 1
        self.read += units
        answer: dict[str, Any] = {"Items": items, "ConsumedCapacity": {"CapacityUnits": units}}
        return answer | ({"LastEvaluatedKey": {}} if start else {})

    def articles(self, numbers: Iterable[int]) -> Iterator[Attributes]:
        """The articles' own items, which a scan reads all of."""
        for number in numbers:
            yield to_attributes(article_to_item(self._make(number)[0]))

    def _add(self, index: str, partition: str, sort: str, number: int) -> None:
        ids, numbers = self._lists[index, partition]
        assert not ids or ids[-1] < sort
        ids.append(sort)
        numbers.append(number)

    def _item(self, index: str, partition: str, number: int) -> Attributes:
        article, image, label = self._make(number)
        if index:
            entry = INDEXES[index].entry(to_attributes(article_to_item(article)), TABLE_KEYS)
            assert entry is not None
            return entry
        item: Item
        if partition == keys.label_partition(label.name):
            item = labelled_image_to_item(image, label)
        else:
            [item] = [made for tag in article.tags if (made := tag_to_item(article, tag))[keys.PK] == partition]
        return to_attributes(item)
