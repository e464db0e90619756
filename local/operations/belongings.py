"""Where a person's things are: in the table, in the two buckets, in the queues of what failed.

The services never scan. Here there is no other way: idempotency records and tombstones stand in no index of their
author, and only who has read everything can say that nothing is left.
"""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from articles import keys
from articles.dynamo_json import from_attributes
from articles.table import Delete, Item, Put, Table
from local.errors import LocalError
from local.operations.letters import Letter
from local.operations.place import Stores
from local.operations.queue import DeadLetterQueue

if TYPE_CHECKING:
    from types_boto3_s3.type_defs import ObjectIdentifierTypeDef as Version

UNITS_PER_SECOND = 1000.0
"""Read units that a scan takes from the table in a second, of the 40,000 that it has by default: some 4 MB."""

HOLD = 120
"""Seconds that letters are hidden from others while they are looked through: reading 5,000 takes some 10 s."""

_READ = (keys.PK, keys.SK, "author_id", "article_id")


@dataclass
class Found:
    """What the table has of a person."""

    articles: set[str] = field(default_factory=set)
    """Ids: published ones, drafts and tombstones."""
    records: list[dict[str, str]] = field(default_factory=list)
    """Keys of what is kept under their own id."""
    entries: int = 0
    """Items of their articles: the articles themselves, images, entries under tags and labels."""

    @property
    def nothing(self) -> bool:
        return not (self.articles or self.records or self.entries)


class Belongings:
    def __init__(self, stores: Stores, sub: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._stores = stores
        self._sub = sub
        self._sleep = sleep
        self._table = Table(stores.place.dynamodb, stores.place.table_name)

    # The table

    def in_table(self, known: Collection[str] = (), tell: Callable[[int], None] = lambda _: None) -> Found:
        """Reads the whole table for what is theirs, or of the articles whose ids are known, and tells how far it is."""
        found = Found()
        ids = frozenset(known)
        for number, item in enumerate(self._scan()):
            if number and number % 1000 == 0:
                tell(number)
            article_id = keys.article_id_within(item)
            theirs = item.get("author_id") == self._sub
            if theirs and article_id:
                found.articles.add(article_id)
            if keys.is_kept_for(self._sub, item):
                found.records.append({name: item[name] for name in (keys.PK, keys.SK)})
            elif theirs or article_id in ids or item.get("article_id") in ids:
                found.entries += 1
        return found

    def noted(self) -> set[str]:
        """Ids of the articles that an erasure has begun with, this one or one that was interrupted."""
        return {item[keys.SK] for item in self._table.query(keys.erasure_partition(self._sub))}

    def note(self, article_ids: Collection[str]) -> None:
        """Once an article's items are gone nobody knows whose its files were: this remembers it until they are, too."""
        for article_id in sorted(article_ids):
            self._table.transact([Put(dict(keys.erasure_key(self._sub, article_id)))])

    def forget(self, article_ids: Collection[str]) -> None:
        """Takes the notes away."""
        for article_id in sorted(article_ids):
            self._table.delete(Delete(keys.erasure_key(self._sub, article_id)))

    def delete_records(self, found: Found) -> int:
        """Deletes what is kept under their own id; gives how many items that were."""
        for key in found.records:
            self._table.delete(Delete(key))
        return len(found.records)

    def _scan(self) -> Iterator[Item]:
        names = {f"#n{number}": name for number, name in enumerate(_READ)}
        arguments: dict[str, Any] = {}
        while True:
            began = time.monotonic()
            page = self._stores.place.dynamodb.scan(
                TableName=self._table.name,
                ConsistentRead=True,
                ProjectionExpression=", ".join(names),
                ExpressionAttributeNames=names,
                ReturnConsumedCapacity="TOTAL",
                **arguments,
            )
            yield from map(from_attributes, page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            arguments["ExclusiveStartKey"] = page["LastEvaluatedKey"]
            units = page.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
            self._sleep(max(0.0, units / UNITS_PER_SECOND - (time.monotonic() - began)))

    # The buckets

    def delete_files(self, article_id: str) -> int:
        """Deletes an article's files, each with all its versions and delete markers; gives how many those were."""
        uploads, media = keys.files_prefixes(article_id)
        return self._empty(self._stores.uploads_bucket, uploads) + self._empty(self._stores.media_bucket, media)

    def files(self, article_id: str) -> int:
        """How many versions and delete markers an article's files still have."""
        uploads, media = keys.files_prefixes(article_id)
        pages = [*self._pages(self._stores.uploads_bucket, uploads), *self._pages(self._stores.media_bucket, media)]
        return sum(map(len, pages))

    def delete_files_of_deleted_articles(self) -> tuple[int, int]:
        """Deletes the old versions of every article's files that the table does not know (any more), whoever wrote it.

        Gives how many articles and how many versions that were.
        """
        gone: dict[str, bool] = {}
        deleted = 0
        for page in self._pages(self._stores.media_bucket, keys.RENDITIONS):
            for article_id in {keys.article_id_of_rendition(version["Key"]) for version in page} - gone.keys():
                gone[article_id] = self._table.get(keys.article_key(article_id), only=["status"]) is None
            versions = [version for version in page if gone[keys.article_id_of_rendition(version["Key"])]]
            deleted += self._delete(self._stores.media_bucket, versions)
        return sum(gone.values()), deleted

    def _pages(self, bucket: str, prefix: str) -> "Iterator[list[Version]]":
        pages = self._stores.s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            # At most 1,000, as many as one DeleteObjects takes.
            entries = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            yield [{"Key": entry["Key"], "VersionId": entry["VersionId"]} for entry in entries]

    def _empty(self, bucket: str, prefix: str) -> int:
        return sum(self._delete(bucket, versions) for versions in self._pages(bucket, prefix))

    def _delete(self, bucket: str, versions: "list[Version]") -> int:
        if versions:
            answer = self._stores.s3.delete_objects(Bucket=bucket, Delete={"Objects": versions, "Quiet": True})
            for error in answer.get("Errors", []):
                raise LocalError(f"S3 did not delete {error.get('Key')} of {bucket}: {error.get('Code')}.")
        return len(versions)

    # The queues

    def letters(self, article_ids: Collection[str]) -> int:
        """How many dead letters and undelivered notifications name one of the articles, or the person."""
        named = 0
        for queue in self._of_what_failed():
            with queue.lent(HOLD) as letters:
                named += sum(_names(letter, article_ids, self._sub) for letter in letters)
        return named

    def delete_letters(self, article_ids: Collection[str]) -> tuple[int, list[str]]:
        """Deletes dead letters and undelivered notifications that name one of the articles.

        Gives how many those were, and the ids of those that stay because they ask for something of others, too.
        """
        deleted, shared = 0, []
        for queue in self._of_what_failed():
            with queue.lent(HOLD) as letters:
                for letter in letters:
                    if not _names(letter, article_ids, self._sub):
                        continue
                    if {subject.article_id for subject in letter.subjects} - {None, *article_ids}:
                        shared.append(letter.id)
                        continue
                    queue.delete(letter)
                    deleted += 1
        return deleted, shared

    def _of_what_failed(self) -> Iterator[DeadLetterQueue]:
        place = self._stores.place
        for url in (place.dead_letters_url, self._stores.undelivered_url):
            if url is not None:
                yield DeadLetterQueue(place.sqs, url, place.image_jobs_url)

    def jobs_waiting(self) -> int:
        """How many jobs there are, whoever's, by SQS's approximate count."""
        return DeadLetterQueue(
            self._stores.place.sqs, self._stores.place.image_jobs_url, self._stores.place.image_jobs_url
        ).count()


def _names(letter: Letter, article_ids: Collection[str], sub: str) -> bool:
    return sub in letter.body or any(article_id in letter.body for article_id in article_ids)
