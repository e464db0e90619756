"""Cursors: where the next page begins, opaque to clients and signed, so that one that was made up answers 400.

itsdangerous comes with Flask. The salt names the list with its filters: a cursor of one list opens no other.
"""

from itsdangerous import BadData, URLSafeSerializer

from api.problems import FieldError, bad_input


class Cursors:
    def __init__(self, key: str) -> None:
        self._key = key

    def encode(self, listing: str, position: str | None) -> str | None:
        """A cursor to go on after `position`; None on the last page."""
        if position is None:
            return None
        return self._serializer(listing).dumps(position)

    def decode(self, listing: str, cursor: str | None) -> str | None:
        """The position in a cursor of this very list. Raises ProblemError (400)."""
        if cursor is None:
            return None
        try:
            position = self._serializer(listing).loads(cursor)
        except (BadData, RecursionError, UnicodeEncodeError):  # the last: half a surrogate pair
            position = None
        # Base 64 spells the same bytes in several ways: only the spelling that was given out is taken.
        if not isinstance(position, str) or self.encode(listing, position) != cursor:
            raise bad_input([FieldError("#cursor", "Take the cursor from next_cursor of the page before, unchanged.")])
        return position

    def _serializer(self, listing: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._key, salt=f"cursor:{listing}")
