"""What the service is about: an article, its images, what was seen on them, and who may do what.

Structs, not dataclasses, here and elsewhere on the API's path: a dataclass generates and compiles its methods at each
start (docs/decisions/0009-cold-start.md).
"""

from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

T = TypeVar("T")

MAX_IMAGES_PER_ARTICLE = 50
"""Images of one article: with their labels they fit the 1 MB that one Query returns."""

MAX_LABELS_PER_IMAGE = 24
"""Labels kept of one image: replacing all of them (24 entries and 24 counters out, 24 and 24 in), the image and its
article fit the 100 items of one DynamoDB transaction."""

MAX_BOXES_PER_LABEL = 50
"""Boxes kept of one label. A box takes some 60 bytes of an item (the names of its five numbers, their digits, the map's
own bytes) and at most 90 of a message: 24 labels of 50 boxes are 72 kB in an item, twice that while a failed attempt's
findings lie beside an older result, of the 400 kB it may have; and 108 kB of the 256 kB that SNS takes."""

EDITORS = "editors"
"""The user pool's group whose members may change everybody's articles."""


class ArticleStatus(StrEnum):
    DRAFT = "draft"
    PUBLISHED = "published"
    DELETED = "deleted"
    """Only inside: a tombstone that owes the removal of its images and files. No reader ever sees one."""


class ImageStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    REJECTED = "rejected"
    FAILED = "failed"
    DELETED = "deleted"
    """Only inside: a tombstone that owes the removal of its files."""


FINISHED = frozenset({ImageStatus.READY, ImageStatus.REJECTED, ImageStatus.FAILED})


class Principal(Struct, frozen=True):
    """Somebody whom the gateway has authenticated. `id` is the user pool's `sub`."""

    id: str
    name: str
    groups: frozenset[str] = frozenset()

    @property
    def is_editor(self) -> bool:
        return EDITORS in self.groups


class Author(Struct, frozen=True):
    id: str
    name: str


class Article(Struct, frozen=True):
    """An article, or in a list its summary: then `body` is empty and stays unread."""

    id: str
    title: str
    body: str
    tags: tuple[str, ...]
    status: ArticleStatus
    author: Author
    version: int
    created_at: datetime
    updated_at: datetime
    due_at: datetime | None = None
    """When the sweeper must look at it; None while nothing is owed."""

    def may_be_seen_by(self, who: Principal | None) -> bool:
        """Published ones by everybody, drafts by their author and by editors, tombstones by nobody."""
        if self.status is ArticleStatus.DELETED:
            return False
        return self.status is ArticleStatus.PUBLISHED or self.may_be_changed_by(who)

    def may_be_changed_by(self, who: Principal | None) -> bool:
        """By their author and by editors."""
        return who is not None and (who.id == self.author.id or who.is_editor)


class Box(Struct, frozen=True):
    """Where something is: fractions (0 to 1) of the upright picture's width and height; confidence in percent."""

    left: float
    top: float
    width: float
    height: float
    confidence: float


class Label(Struct, frozen=True):
    name: str
    confidence: float
    """Percent."""
    parents: tuple[str, ...] = ()
    boxes: tuple[Box, ...] = ()


class Moderation(Struct, frozen=True):
    """Something that moderation saw, with the parent category of Rekognition's taxonomy (empty at the top level)."""

    name: str
    parent: str
    confidence: float
    """Percent."""


class Looked(Struct, frozen=True):
    """What Rekognition has answered for some content, kept so that it is neither asked nor paid for it again."""

    content: str
    """The digest of the upload's bytes and of how they were analysed (image_worker.reuse)."""
    at: datetime
    labels: tuple[Label, ...] | None
    """None: this call has not been answered."""
    moderation: tuple[Moderation, ...] | None

    @property
    def complete(self) -> bool:
        return self.labels is not None and self.moderation is not None


class Failure(Struct, frozen=True):
    """Why an image failed: a code for programs, a sentence for its author."""

    code: str
    message: str


class Image(Struct, frozen=True):
    """An image and the state of its job. The fields after `analysed_at` are the pipeline's own; no reader sees them."""

    id: str
    article_id: str
    status: ImageStatus
    filename: str
    content_type: str
    size: int
    alt: str
    created_at: datetime
    width: int | None = None
    height: int | None = None
    labels: tuple[Label, ...] = ()
    moderation: tuple[Moderation, ...] = ()
    error: Failure | None = None
    analysed_at: datetime | None = None

    correlation_id: str | None = None
    """Of the call that registered it (articles.correlation)."""
    upload_expires_at: datetime | None = None
    renditions: str | None = None
    """The token in the renditions' keys: each attempt writes under its own."""
    sequencer: str = ""
    """S3's sequencer of the upload that counts, padded (articles.keys.pad_sequencer)."""
    claim: str | None = None
    lease_until: datetime | None = None
    """Until then nobody else may claim it, but for a newer upload."""
    writes_until: datetime | None = None
    """Until then any worker that ever claimed it may write files of it, whoever holds the claim by now."""
    attempts: int = 0
    event_id: str | None = None
    """The id of the notification that is, or was, owed."""
    announced: str | None = None
    """The `event_id` that was sent already, while something else is still owed."""
    upload_etag: str | None = None
    """The ETag of the upload that the result was made of, until that upload is deleted."""
    given_up: bool = False
    """Failed by the sweeper, not by what the upload is: whoever is asked to may still try."""
    content: str | None = None
    """The digest of the content that `labels` and `moderation` were seen in; None where Rekognition has seen none."""
    looked_at: datetime | None = None
    """When Rekognition saw that content, be it in another image."""
    looked: Looked | None = None
    """Answers of an attempt that failed after it had them, for the next one."""
    waited: bool = False
    """Whether it was put off because a day's budget was used up: the next attempt looks at the budget first."""
    article_status: ArticleStatus | None = None
    """The article's when the upload was registered: a guess at what it is now, no more."""
    listed: bool = False
    """Whether its labels stand in the label index."""
    due_at: datetime | None = None

    def may_be_seen_by(self, who: Principal | None, article: Article) -> bool:
        """Ready ones by everybody who sees the article, the others by whoever may change it."""
        if self.status is ImageStatus.DELETED or not article.may_be_seen_by(who):
            return False
        return self.status is ImageStatus.READY or article.may_be_changed_by(who)


class LabelledImage(Struct, frozen=True):
    """An image as the label index keeps it: enough to show it under one label."""

    id: str
    article_id: str
    alt: str
    width: int
    height: int
    label: Label
    renditions: str
    created_at: datetime


class LabelCount(Struct, frozen=True):
    name: str
    images: int


class Page(Struct, Generic[T], frozen=True):
    """Some items and, where there are more, the position to go on from."""

    items: tuple[T, ...]
    next: str | None = None


class ArticleWithImages(Struct, frozen=True):
    article: Article
    images: tuple[Image, ...] = ()

    def seen_by(self, who: Principal | None) -> "ArticleWithImages":
        """The same article with the images that this reader may see."""
        visible = tuple(image for image in self.images if image.may_be_seen_by(who, self.article))
        return replace(self, images=visible)
