"""Ids in paths."""

from articles.errors import NotFoundError
from articles.ids import is_id


def known_id(text: str, of: str) -> str:
    """The id, once it looks like one: what does not is nobody's, and not worth a call to the database.

    Raises NotFoundError.
    """
    if not is_id(text):
        raise NotFoundError(f"There is no such {of}.")
    return text
