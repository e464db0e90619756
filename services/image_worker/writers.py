"""When nobody can write files of an image any more, so that removing what lies about is final.

A worker may lose its claim without knowing, hang, and then write its renditions: after a newer upload was finished, or
after the image was deleted. What ends it for certain is the function's timeout.
"""

from datetime import datetime, timedelta

from articles.model import Image

MARGIN = timedelta(seconds=5)
"""What a claim allows for beyond the function's timeout: S3 may still carry out what a stopped function has sent."""

GRACE = timedelta(seconds=10)
"""What is waited beyond that: the clocks of two machines may differ."""


def gone_at(image: Image) -> datetime | None:
    """From when on no worker can write for the image; None: its only one has finished, or there was none."""
    if image.attempts <= 1 and image.lease_until is None:
        return None
    last = max((moment for moment in (image.writes_until, image.lease_until) if moment), default=None)
    return last + GRACE if last else None
