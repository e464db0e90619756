"""What the table says about the images that dead letters name."""

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from articles.keys import image_key
from articles.table import Table
from local.operations.letters import Subject

State = dict[str, Any]
"""{status, attempts, error {code, message} or None}; status `gone`: there is no such image."""


class Images:
    """Reads each image once. Whoever may not read the table learns the rest all the same."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._read: dict[tuple[str, str], State] = {}
        self.unreadable: str | None = None
        """Why the table could not be read, once that was so."""

    def look_up(self, subjects: Iterable[Subject]) -> list[State | None]:
        """The state of each subject's image; None where it names none, or the table cannot be read."""
        return [
            self._state(subject.article_id, subject.image_id) if subject.article_id and subject.image_id else None
            for subject in subjects
        ]

    def _state(self, article_id: str, image_id: str) -> State | None:
        if (article_id, image_id) not in self._read:
            if self.unreadable:
                return None
            try:
                item = self._table.get(image_key(article_id, image_id), only=["status", "attempts", "error"])
            except ClientError as error:
                self.unreadable = str(error.response["Error"].get("Code", "Unknown"))
                return None
            except BotoCoreError as error:
                self.unreadable = type(error).__name__
                return None
            self._read[article_id, image_id] = (
                {"status": item["status"], "attempts": item.get("attempts", 0), "error": item.get("error")}
                if item
                else {"status": "gone", "attempts": 0, "error": None}
            )
        return self._read[article_id, image_id]
