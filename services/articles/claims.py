"""Who may take an image's job: a claim is a lease (articles.image_repository), got by one conditional write."""

from datetime import datetime
from enum import Enum
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from articles import keys
from articles.clock import to_text
from articles.items import image_from_item
from articles.model import FINISHED, Image, ImageStatus
from articles.table import Condition, Item, Update

_GROWS = "(attribute_not_exists(#writes) OR #writes <= :writes)"


class NotClaimed(Enum):
    """Why a job was not given out. None of the three needs another try of the same message."""

    GONE = "gone"
    """No such image, or a deleted one: whatever lies in the uploads bucket belongs to nobody."""
    DONE = "done"
    """This upload, or a newer one, is finished."""
    BUSY = "busy"
    """Somebody else works on it and holds the lease; should they die, the sweeper sees to it."""


class Claim(Struct, frozen=True):
    """What a claimant writes, and under which condition."""

    token: str
    sequencer: str | None
    now: datetime
    lease_until: datetime
    writes_until: datetime
    given_up: str | None = None
    """The event id of the failure that is taken back; None: an image that was given up is not claimed."""

    def write(self, article_id: str, image_id: str) -> Update:
        changes: dict[str, Any] = {
            "status": ImageStatus.PROCESSING.value,
            "claim": self.token,
            "lease_until": to_text(self.lease_until),
            "writes_until": to_text(self.writes_until),
            **keys.due_keys(to_text(self.lease_until)),
        }
        if self.sequencer:
            changes["sequencer"] = self.sequencer
        return Update(
            keys.image_key(article_id, image_id),
            set=changes,
            add={"attempts": 1},
            # The event id stays: by it an older result's labels are taken out of the index, where they still stand.
            remove=[] if self.given_up is None else ["given_up", "error", "analysed_at"],
            condition=self._claimable() if self.given_up is None else self._given_up_still(),
            tell=True,
        )

    def in_view_of(self, item: Item | None) -> "Claim | None":
        """The same claim as the image that was found takes it, where another try of it makes sense."""
        image = image_from_item(item) if item else None
        if image is None or image.status is ImageStatus.DELETED or image.claim == self.token:
            return None
        longest = max(self.writes_until, image.writes_until or self.writes_until)
        if image.given_up:
            # There is one upload under the key, the newest: the event of an older one asks for it just as well.
            newest = max(self.sequencer or "", image.sequencer) or None
            return replace(self, writes_until=longest, sequencer=newest, given_up=image.event_id)
        if longest > self.writes_until or self.given_up:
            return replace(self, writes_until=longest, given_up=None)
        return None

    def _claimable(self) -> Condition:
        # A sequencer that is not known compares as "0…0": not newer than any that was seen.
        return Condition(
            f"attribute_exists(#pk) AND #status <> :deleted AND attribute_not_exists(#given_up) AND {_GROWS} AND ("
            "#status = :pending OR #sequencer < :sequencer OR (#status = :processing AND #lease <= :now"
            + (" AND (attribute_not_exists(#sequencer) OR #sequencer = :sequencer)))" if self.sequencer else "))"),
            {
                "#pk": keys.PK,
                "#status": "status",
                "#given_up": "given_up",
                "#sequencer": "sequencer",
                "#lease": "lease_until",
                "#writes": "writes_until",
            },
            {
                ":deleted": ImageStatus.DELETED.value,
                ":pending": ImageStatus.PENDING.value,
                ":processing": ImageStatus.PROCESSING.value,
                ":sequencer": self.sequencer or keys.pad_sequencer(""),
                ":now": to_text(self.now),
                ":writes": to_text(self.writes_until),
            },
        )

    def _given_up_still(self) -> Condition:
        return Condition(
            f"#status = :failed AND #given_up = :yes AND #event = :event AND {_GROWS}",
            {"#status": "status", "#given_up": "given_up", "#event": "event_id", "#writes": "writes_until"},
            {
                ":failed": ImageStatus.FAILED.value,
                ":yes": True,
                ":event": self.given_up,
                ":writes": to_text(self.writes_until),
            },
        )


def why_not(item: Item | None, token: str, sequencer: str | None) -> Image | NotClaimed:
    """Of the item that a claim with this token and sequencer met; the image, where that very claim is in it already."""
    if item is None:
        return NotClaimed.GONE
    image = image_from_item(item)
    if image.status is ImageStatus.DELETED:
        return NotClaimed.GONE
    if image.claim == token:
        return image  # the write was done and its answer lost: the retry met our own claim
    if image.status in FINISHED or (sequencer and image.sequencer > sequencer):
        return NotClaimed.DONE
    return NotClaimed.BUSY
