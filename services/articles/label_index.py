"""Which images show a label, and which labels there are.

An image's entries stand in the index exactly while everybody may see the image: it is ready, and its article is
published. Entries and counters change in one transaction with the image's own flag `listed`, so they can't drift.
"""

from heapq import merge
from itertools import groupby

from articles import keys
from articles.items import labelled_image_from_item, labelled_image_to_item
from articles.model import Image, LabelCount, LabelledImage, Page
from articles.table import Condition, Delete, Item, Put, Table, Update, Write


class LabelIndex:
    def __init__(self, table: Table) -> None:
        self._table = table

    def labels(self, after: str | None, limit: int) -> Page[LabelCount]:
        """Labels by name, those after the name `after`: one Query a shard of the counters."""
        shown = Condition("#images > :none", {"#images": "images"}, {":none": 0})
        answers = self._table.query_all(
            keys.label_counter_partitions(), after=after, limit=limit + 1, where=shown, consistent=False
        )
        counters = merge(*answers, key=_name)
        found = [LabelCount(name, sum(c["images"] for c in same)) for name, same in groupby(counters, key=_name)]
        page = tuple(found[:limit])
        return Page(page, page[-1].name if len(found) > limit else None)

    def images(self, label: str, before: str | None, limit: int) -> Page[LabelledImage]:
        """Images that show a label, newest first: one Query."""
        items = self._table.newest([keys.label_partition(label)], before=before, limit=limit + 1)
        page = tuple(labelled_image_from_item(item) for item in items[:limit])
        return Page(page, page[-1].id if len(items) > limit else None)


def entries_of(image: Image) -> list[Write]:
    """The writes that put a finished image's labels into the index; part of a transaction that sets `listed`."""
    writes: list[Write] = []
    for label in image.labels:
        writes.append(Put(labelled_image_to_item(image, label)))
        writes.append(Update(keys.label_counter_key(label.name, image.id), add={"images": 1}))
    return writes


def no_entries_of(image: Image) -> list[Write]:
    """The writes that take a listed image's labels out again; part of a transaction that clears `listed`."""
    writes: list[Write] = []
    for label in image.labels:
        writes.append(Delete(keys.label_key(label.name, image.id)))
        writes.append(Update(keys.label_counter_key(label.name, image.id), add={"images": -1}))
    return writes


def _name(counter: Item) -> str:
    return str(counter[keys.SK])
