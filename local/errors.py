"""What a person can put right."""

from pathlib import Path

from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.exceptions import HTTPClientError


class LocalError(Exception):
    """The local cloud cannot go on. The text is a sentence for the person who typed the command."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        """Takes the sentence, and the file that says more where there is one."""
        super().__init__(message)
        self.log = log


def is_unreachable(error: Exception) -> bool:
    """Whether AWS's client got no answer at all: a refusal is one."""
    return isinstance(error, NoConnectionError | HTTPClientError)
