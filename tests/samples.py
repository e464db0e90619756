"""Articles and images to begin a test with. Every value may be chosen; nobody's test depends on the others."""

from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from articles.image_repository import Analysis, ImageRepository
from articles.model import Article, ArticleStatus, Author, Box, Image, ImageStatus, Label

NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def an_id(number: int) -> str:
    """The id of something made as the number-th: larger numbers are newer, and every shard gets its turn."""
    return f"01JD9Z6M3T{number:015d}{_CROCKFORD[number % 32]}"


def an_article(number: int = 1, **changes: Any) -> Article:
    """A published article of Alice's, unless said otherwise; `author` may be just an id."""
    author = changes.pop("author", "alice")
    article = Article(
        id=an_id(number),
        title=f"Article {number}",
        body="Some text.",
        tags=(),
        status=ArticleStatus.PUBLISHED,
        author=author if isinstance(author, Author) else Author(author, author.title()),
        version=1,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(article, **changes)


def an_image(number: int = 1, article: Article | None = None, **changes: Any) -> Image:
    """An image that waits for its upload, unless said otherwise."""
    image = Image(
        id=an_id(number),
        article_id=(article or an_article()).id,
        status=ImageStatus.PENDING,
        filename="portrait.jpg",
        content_type="image/jpeg",
        size=181_234,
        alt="A portrait",
        created_at=NOON,
    )
    return replace(image, **changes)


def a_label(name: str = "Person", confidence: float = 98.5) -> Label:
    return Label(name, confidence, ("Being",), (Box(0.1, 0.2, 0.3, 0.4, confidence),))


def an_analysis(*labels: Label, **changes: Any) -> Analysis:
    """What the worker found out about a ready image of 640 by 480 pixels."""
    analysis = Analysis(
        ImageStatus.READY,
        analysed_at=NOON,
        event_id="event-1",
        width=640,
        height=480,
        labels=labels,
        renditions="0f0f",
    )
    return replace(analysis, **changes)


def finish(images: ImageRepository, image: Image, analysis: Analysis) -> Image:
    """Takes a registered image through the worker's hands; gives it as it stands then."""
    claimed = images.claim(
        image.article_id, image.id, token="t1", sequencer=None, now=NOON, lease_until=NOON + timedelta(minutes=5)
    )
    assert isinstance(claimed, Image), claimed
    assert images.finish(claimed, analysis, due_at=NOON)
    return images.get(image.article_id, image.id)
