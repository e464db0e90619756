"""Decoding pictures within the function's memory, several at once where they fit in together."""

import logging

from image_worker import picture
from image_worker.failures import PictureError
from image_worker.memory import MemoryBudget
from image_worker.picture import Picture

log = logging.getLogger(__name__)


class Decoding:
    def __init__(self, memory: MemoryBudget) -> None:
        self._memory = memory

    def clean(self, data: bytes, max_side: int) -> Picture:
        """picture.clean, once there is the memory for it. Raises PictureError, and OutOfTimeError where time ran out.

        Where memory was short while others had some in hand, the picture is tried again alone. One that does not go
        alone either can never be shown by this function: too_large.
        """
        header = picture.measure(data)
        try:
            with self._memory.reserve(header.decode_bytes) as reservation:
                return picture.clean(data, max_side)
        except MemoryError as error:
            if not reservation.shared:
                raise _too_large() from error
        except PictureError as error:
            # Some decoders report a lack of memory as damage.
            if error.failure.code != "corrupt" or not reservation.shared:
                raise
        log.info("decoding a picture again, alone", extra={"decode_bytes": header.decode_bytes})
        try:
            with self._memory.alone():
                return picture.clean(data, max_side)
        except MemoryError as error:
            raise _too_large() from error


def _too_large() -> PictureError:
    return PictureError("too_large", "The picture takes more memory to be decoded than there is.")
