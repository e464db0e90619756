"""The one file that knows the table's keys: which item lives where, and which index it shows up in.

The key schema itself stands in table.json beside this file; docs/data-model.md shows every access pattern.
"""

from articles.model import ArticleStatus

PK = "PK"
SK = "SK"
TTL = "expires_at"

FEED_INDEX = "feed"
AUTHOR_INDEX = "author"
DUE_INDEX = "due"
CONTENT_INDEX = "content"
INDEX_KEYS = {
    FEED_INDEX: ("FeedPK", "Sort"),
    AUTHOR_INDEX: ("AuthorPK", "Sort"),
    DUE_INDEX: ("DuePK", "DueAt"),
    CONTENT_INDEX: ("ContentPK", "LookedAt"),
}

FEED_SHARDS = 16
"""Partitions of the feed and of each tag. One takes 1,000 write units a second, a summary is one unit in the feed's
index: 16 take 16,000 new articles a second (a tag's entries are written in a transaction, two units each: 8,000 that
have a tag in common). A page costs one Query a shard, so more shards make reading dearer. Change it only with a
migration: an item's shard follows from its id."""

LABEL_COUNTER_SHARDS = 4
"""Partitions of the label counters. Two images that show the same label meet on its counter; a transaction takes some
10 ms, so one counter takes about 100 images a second before conflicts cost more retries than work."""

RENDITIONS = "media/"
"""What all keys of the media bucket begin with."""

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def shard_of(item_id: str, shards: int) -> int:
    """The shard an id belongs to, from its last, random character (32 values: at most 32 shards)."""
    return _CROCKFORD.index(item_id[-1]) % shards


def article_key(article_id: str) -> dict[str, str]:
    return {PK: f"ARTICLE#{article_id}", SK: "ARTICLE"}


def image_key(article_id: str, image_id: str) -> dict[str, str]:
    """In the article's partition, behind it: one Query gets an article with all its images, oldest first."""
    return {PK: f"ARTICLE#{article_id}", SK: f"IMAGE#{image_id}"}


def standing_key(article_id: str) -> dict[str, str]:
    """Where an article's status stands once more. Not in the article's partition, whose readers need not read it."""
    return {PK: f"STANDING#{article_id}", SK: "STANDING"}


def is_article_key(key: dict[str, object]) -> bool:
    return key[SK] == "ARTICLE"


def article_id_of(key: dict[str, object]) -> str:
    return str(key[PK]).removeprefix("ARTICLE#")


def image_id_of(key: dict[str, object]) -> str:
    return str(key[SK]).removeprefix("IMAGE#")


def tag_key(tag: str, article_id: str) -> dict[str, str]:
    """An entry of a published article under one of its tags."""
    return {PK: tag_partitions(tag)[shard_of(article_id, FEED_SHARDS)], SK: article_id}


def tag_partitions(tag: str) -> list[str]:
    return [f"TAG#{shard:02d}#{tag}" for shard in range(FEED_SHARDS)]


def label_key(label: str, image_id: str) -> dict[str, str]:
    """An entry of an image under one of its labels; it is there exactly while everybody may see the image."""
    return {PK: label_partition(label), SK: image_id}


def label_partition(label: str) -> str:
    return f"LABEL#{label}"


def label_counter_key(label: str, image_id: str) -> dict[str, str]:
    """How many images of one shard show a label."""
    return {PK: label_counter_partitions()[shard_of(image_id, LABEL_COUNTER_SHARDS)], SK: label}


def label_counter_partitions() -> list[str]:
    return [f"LABELS#{shard:02d}" for shard in range(LABEL_COUNTER_SHARDS)]


def idempotency_key(scope: str, digest: str) -> dict[str, str]:
    return {PK: f"IDEMPOTENCY#{scope}#{digest}", SK: "IDEMPOTENCY"}


def upload_quota_key(person_id: str, window_ends: str) -> dict[str, str]:
    """How many uploads a person has registered in the window that ends then."""
    return {PK: f"QUOTA#{person_id}", SK: f"UPLOADS#{window_ends}"}


def analysis_budget_key(day: str) -> dict[str, str]:
    """How often Rekognition was asked on that day (2026-01-31)."""
    return {PK: f"BUDGET#{day}", SK: "ANALYSES"}


def feed_partitions() -> list[str]:
    return [f"FEED#{shard:02d}" for shard in range(FEED_SHARDS)]


def author_partition(author_id: str, status: ArticleStatus) -> str:
    return f"AUTHOR#{status.value}#{author_id}"


def article_index_keys(article_id: str, author_id: str, status: ArticleStatus) -> dict[str, str]:
    """The keys that put an article into the indexes: drafts stand under their author alone, tombstones nowhere."""
    if status is ArticleStatus.DELETED:
        return {}
    keys = {"AuthorPK": author_partition(author_id, status), "Sort": article_id}
    if status is ArticleStatus.PUBLISHED:
        keys["FeedPK"] = feed_partitions()[shard_of(article_id, FEED_SHARDS)]
    return keys


def erasure_partition(person_id: str) -> str:
    """Under it an erasure that is under way (local/operations) keeps the ids of the articles that it has begun with."""
    return f"ERASURE#{person_id}"


def erasure_key(person_id: str, article_id: str) -> dict[str, str]:
    return {PK: erasure_partition(person_id), SK: article_id}


def is_kept_for(person_id: str, key: dict[str, object]) -> bool:
    """Whether an item is kept under the person's own id: idempotency records and quotas."""
    partition = str(key[PK])
    return partition.startswith(f"IDEMPOTENCY#{person_id}#") or partition == f"QUOTA#{person_id}"


def article_id_within(key: dict[str, object]) -> str | None:
    """The article in whose own partition an item lives, or None."""
    return article_id_of(key) if str(key[PK]).startswith("ARTICLE#") else None


def due_keys(due_at: str) -> dict[str, str]:
    """The keys that put an item before the sweeper, from the given time on. One partition serves: each image costs it
    six write units, so it takes 166 images a second, three times Rekognition's default quota."""
    return {"DuePK": due_partition(), "DueAt": due_at}


def due_partition() -> str:
    return "DUE"


def content_keys(digest: str, looked_at: str) -> dict[str, str]:
    """The keys under which an image's analysis is found by whoever has the same content to analyse."""
    return {"ContentPK": content_partition(digest), "LookedAt": looked_at}


def content_partition(digest: str) -> str:
    return f"CONTENT#{digest}"


def digest_of_content(item: dict[str, object]) -> str | None:
    """The digest that an image's item stands under in the index `content`, where it stands in it."""
    return str(item["ContentPK"]).removeprefix("CONTENT#") if "ContentPK" in item else None


def pad_sequencer(sequencer: str) -> str:
    """S3's sequencer made comparable as a string: hexadecimal, the shorter one padded with zeros on the right
    (S3 user guide, event message structure)."""
    return sequencer.upper().ljust(32, "0")


def upload_object(article_id: str, image_id: str) -> str:
    """The upload's key in the uploads bucket: ours, never the client's filename."""
    return f"uploads/{article_id}/{image_id}"


def ids_of_upload(key: str) -> tuple[str, str] | None:
    """The article's and the image's id of an upload's key, or None where it is no such key."""
    parts = key.split("/")
    return (parts[1], parts[2]) if len(parts) == 3 and parts[0] == "uploads" else None


def files_prefixes(article_id: str) -> tuple[str, str]:
    """Under these lie an article's files: in the uploads bucket, and in the media bucket."""
    return f"uploads/{article_id}/", f"{RENDITIONS}{article_id}/"


def article_id_of_rendition(key: str) -> str:
    """The article that a file of the media bucket is, or was, of."""
    return key.removeprefix(RENDITIONS).split("/")[0]


def renditions_prefix(article_id: str, image_id: str) -> str:
    """Everything that was ever made of an image lies under this prefix of the media bucket."""
    return f"{RENDITIONS}{article_id}/{image_id}/"


def rendition_object(article_id: str, image_id: str, token: str, rendition: str) -> str:
    return f"{renditions_prefix(article_id, image_id)}{token}/{rendition}.jpg"


def rendition_filename(image_id: str, rendition: str) -> str:
    """What a saved rendition is called: made of our id, never of the client's filename."""
    return f"{image_id}-{rendition}.jpg"
