"""A picture that something happens to."""

import io
import os
from dataclasses import dataclass
from typing import Any

from PIL import Image


@dataclass
class Subject:
    """A picture in an article of its own. `size` is like no other one's: Rekognition is shown nothing else of it."""

    article_id: str
    size: tuple[int, int]
    content: bytes
    image: dict[str, Any]
    form: dict[str, Any]
    """Where to send the file, and with what."""
    repeated: bool = False
    """The same picture was analysed before, and its moderation serves for this one."""

    @property
    def about(self) -> str:
        return self.article_id


def picture(size: tuple[int, int]) -> bytes:
    """A JPEG of soft random colours: no other run of the tests has made the same one."""
    content = io.BytesIO()
    Image.frombytes("RGB", (6, 4), os.urandom(72)).resize(size, Image.Resampling.BICUBIC).save(content, "JPEG")
    return content.getvalue()
