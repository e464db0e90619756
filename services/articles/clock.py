"""Time as the whole service writes it: RFC 3339, UTC, milliseconds. Such strings sort as the times they name."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware, cut to the millisecond so that it survives the trip through the table unchanged."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def to_text(moment: datetime) -> str:
    """`2026-01-31T12:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """The inverse of to_text. Raises ValueError."""
    return datetime.fromisoformat(text)
