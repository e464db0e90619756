"""Images in the table, and the state machine of their jobs.

    pending ──claim──► processing ──finish──► ready | rejected | failed ──claim (a newer upload)──► processing
       │                  ▲   │ release (a call failed that may succeed later), or the lease runs out
       │                  └───┘ put off (the day's budget is used up: that was no attempt)
       │  expire (no upload in time)   expire (tried too often)
       └──────────► failed, given up ◄──── processing
                          └──claim (any event, job or redriven message)──► processing
    any ──bury──► deleted ──remove──► (gone)

A claim is a lease: whoever holds its token may finish; nobody else can. Whoever lost it may still be about to write
files, until the function's timeout at the latest: `writes_until` bounds that for all claims of an image, and only ever
grows. An image stands in the index `due` exactly while something is still owed to it: an upload, an analysis, a
notification, the removal of files, its own removal. The sweeper reads that index. To be given up is no verdict on the
upload: no sweep repeats it, as nothing is owed to it any more, but whoever is asked to may try once more.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from articles import keys, standing
from articles.claims import Claim, NotClaimed, why_not
from articles.clock import to_text
from articles.errors import ConditionFailedError, ContentionError, NotFoundError
from articles.idempotency import Created, Once, earlier, record
from articles.items import image_from_item, image_to_item, label_to_map, looked_to_map, moderation_to_map
from articles.label_index import entries_of, no_entries_of
from articles.model import ArticleStatus, Failure, Image, ImageStatus, Label, Looked, Moderation
from articles.quotas import UploadQuota
from articles.standing import Standing
from articles.table import Condition, Delete, Put, Table, Update, Write

_STANDING_TRIES = 3
"""Of a transaction that another change of the article's status comes before."""
_CLAIM_TRIES = 4


class Analysis(Struct, frozen=True):
    """What a job found out. `status` is ready, rejected or failed; width and height: the upright picture's pixels."""

    status: ImageStatus
    analysed_at: datetime
    event_id: str
    width: int | None = None
    height: int | None = None
    labels: tuple[Label, ...] = ()
    moderation: tuple[Moderation, ...] = ()
    error: Failure | None = None
    renditions: str | None = None
    content: str | None = None
    """The digest under which others find this result, with `looked_at`; None where Rekognition has seen nothing."""
    looked_at: datetime | None = None


class Due(Struct, frozen=True):
    """An entry of the index `due`: an article's where `image_id` is None."""

    article_id: str
    image_id: str | None
    due_at: str


class ImageRepository:
    def __init__(self, table: Table) -> None:
        self._table = table

    def register(
        self,
        image: Image,
        once: Once | None = None,
        quota: UploadQuota | None = None,
        seen: Standing | None = None,
    ) -> Created:
        """Writes a new image into an article that exists: one transaction. With `once`, as ArticleRepository.create.

        `seen`: the article's standing as the caller read it, which saves reading it here; it may be out of date, and
        taken for noted where the article has images. Raises NotFoundError where the article went away meanwhile,
        IdempotencyKeyReusedError, QuotaExceededError, ContentionError.
        """
        absent = Condition("attribute_not_exists(#pk)", {"#pk": keys.PK})
        created = Created(image.id, image.created_at, image.correlation_id)
        others: dict[str, Write] = {}
        if once:
            others["once"] = record(once, created)
        if quota:
            others["quota"] = quota.use()
        names = ["image", *others, "article"]
        for _ in range(_STANDING_TRIES):
            seen = seen or standing.read(self._table, image.article_id)
            if seen.status in (None, ArticleStatus.DELETED):
                raise NotFoundError("There is no such article.")
            new = Put(image_to_item(replace(image, article_status=seen.status)), absent)
            try:
                self._table.transact([new, *others.values(), *seen.holds(image.article_id)])
            except ConditionFailedError as error:
                failed = {names[position] for position in error.failed}
                if once and "once" in failed:
                    return earlier(once, error, position=names.index("once"))
                if quota and "quota" in failed and "article" not in failed:
                    raise quota.exceeded() from error
                if "article" not in failed:
                    raise
                seen = None
            else:
                return created
        raise ContentionError("The article changes too often: try again in a moment.")

    def was_registered(self, once: Once) -> bool:
        """Whether a call with this key came before: one GetItem."""
        return self._table.get(keys.idempotency_key(once.scope, once.key_digest), only=["created_id"]) is not None

    def get(self, article_id: str, image_id: str) -> Image:
        """One image, tombstones included: one GetItem. Raises NotFoundError."""
        item = self._table.get(keys.image_key(article_id, image_id))
        if item is None:
            raise NotFoundError("There is no such image.")
        return image_from_item(item)

    def claim(
        self,
        article_id: str,
        image_id: str,
        *,
        token: str,
        sequencer: str | None,
        now: datetime,
        lease_until: datetime,
        writes_until: datetime | None = None,
    ) -> Image | NotClaimed:
        """Takes an image's job, or says why not: one conditional write, and a second one where it was given up.

        `sequencer` is the upload event's, padded; None asks for whatever upload is there (the sweeper does). A newer
        upload may take over from an older one at any time, finished or not. `writes_until`: when this claimant can have
        written its last file, whatever it hangs in until then (where left out: the lease's end).
        """
        claim = Claim(token, sequencer, now, lease_until, writes_until or lease_until)
        for _ in range(_CLAIM_TRIES):
            try:
                return image_from_item(self._table.update(claim.write(article_id, image_id)))
            except ConditionFailedError as error:
                again = claim.in_view_of(error.items.get(0))
                if again is None:
                    return why_not(error.items.get(0), token, sequencer)
                claim = again
        raise ContentionError("The image changes too often: try again in a moment.")

    def release(self, image: Image, *, now: datetime, due_at: datetime, looked: Looked | None = None) -> None:
        """Gives a claim back after a failure that may pass, so that the next try need not wait for the lease to end.

        `looked`: what Rekognition has answered before the failure.
        """
        kept = {"looked": looked_to_map(looked)} if looked else {}
        write = Update(
            keys.image_key(image.article_id, image.id),
            set={"lease_until": to_text(now), **keys.due_keys(to_text(due_at)), **kept},
            remove=["claim"],
            condition=_claimed_by(image),
        )
        try:
            self._table.update(write)
        except ConditionFailedError:
            return  # somebody else holds it by now: then there is nothing to give back

    def put_off(self, image: Image, *, now: datetime, due_at: datetime) -> None:
        """Gives a claim back that was for nothing, as the day's budget is used up: one write. It is no attempt, and
        the image stays `processing`. A claim that somebody else holds by now is left to them."""
        write = Update(
            keys.image_key(image.article_id, image.id),
            set={"lease_until": to_text(now), "waited": True, **keys.due_keys(to_text(due_at))},
            add={"attempts": -1},
            remove=["claim"],
            condition=_claimed_by(image),
        )
        try:
            self._table.update(write)
        except ConditionFailedError:
            return

    def finish(self, image: Image, analysis: Analysis, *, due_at: datetime, upload_etag: str | None = None) -> bool:
        """Writes a claimed job's result, its labels and their index entries: one transaction, where the article's
        status is what it was when the upload was registered; one more after a read where it is another.

        `upload_etag`: of the upload that may be deleted now. The image stays due until its notification is sent
        (`settle`). False where the claim was lost meanwhile: to a newer upload, to whoever took over after the lease,
        or to a deletion. Raises ContentionError.
        """
        seen = Standing(image.article_status, noted=True) if image.article_status else None
        for _ in range(_STANDING_TRIES):
            seen = seen or standing.read(self._table, image.article_id)
            listed = analysis.status is ImageStatus.READY and seen.status is ArticleStatus.PUBLISHED
            # The index must not show the image of an article that was withdrawn in this very moment, nor miss one that
            # was published; it never shows one that is not ready.
            holds = seen.holds(image.article_id) if analysis.status is ImageStatus.READY else []
            writes: list[Write] = [
                _finishing(image, analysis, listed=listed, due_at=due_at, upload_etag=upload_etag),
                *holds,
                *_index_changes(image, analysis, listed=listed),
            ]
            try:
                self._table.transact(writes)
            except ConditionFailedError as error:
                if 0 in error.failed:
                    return False
                seen = None
            else:
                return True
        raise ContentionError("The article changes too often: try again in a moment.")

    def expire(self, image: Image, error: Failure, *, event_id: str, now: datetime) -> bool:
        """Fails a job that nobody holds: an upload that never came, or one that was tried too often. One write."""
        unheld = Condition(
            "#status = :status AND #due = :due",
            {"#status": "status", "#due": "DueAt"},
            {":status": image.status.value, ":due": to_text(image.due_at) if image.due_at else ""},
        )
        write = Update(
            keys.image_key(image.article_id, image.id),
            set={
                "status": ImageStatus.FAILED.value,
                "error": {"code": error.code, "message": error.message},
                "analysed_at": to_text(now),
                "event_id": event_id,
                "given_up": True,
                **keys.due_keys(to_text(now)),
            },
            # The upload, where there is one, stays for whoever tries again, or for the bucket's lifecycle rule.
            remove=["claim", "lease_until", "upload_etag", "waited"],
            condition=unheld,
        )
        try:
            self._table.update(write)
        except ConditionFailedError:
            return False
        return True

    def settle(self, image: Image, *, but_due_at: datetime | None = None) -> None:
        """Nothing more is owed for this result: its notification was sent, its upload is gone.

        With `but_due_at` another look is owed then, and no notification. An image that was deleted or claimed for a
        newer upload meanwhile keeps what it owes.
        """
        same = Condition(
            "#event = :event AND #status = :status",
            {"#event": "event_id", "#status": "status"},
            {":event": image.event_id, ":status": image.status.value},
        )
        key = keys.image_key(image.article_id, image.id)
        if but_due_at:
            owed = {"announced": image.event_id, **keys.due_keys(to_text(but_due_at))}
            write = Update(key, set=owed, remove=["upload_etag"], condition=same)
        else:
            done = ["announced", "upload_etag", *keys.INDEX_KEYS[keys.DUE_INDEX]]
            write = Update(key, remove=done, condition=same)
        try:
            self._table.update(write)
        except ConditionFailedError:
            return

    def bury(self, article_id: str, image_id: str, *, due_at: datetime) -> Image:
        """Turns an image into a tombstone that nobody sees, due for removal: one write. Raises NotFoundError."""
        stands = Condition(
            "attribute_exists(#pk) AND #status <> :deleted",
            {"#pk": keys.PK, "#status": "status"},
            {":deleted": ImageStatus.DELETED.value},
        )
        write = Update(
            keys.image_key(article_id, image_id),
            set={"status": ImageStatus.DELETED.value, **keys.due_keys(to_text(due_at))},
            condition=stands,
            tell=True,
        )
        try:
            return image_from_item(self._table.update(write))
        except ConditionFailedError as error:
            found = error.items.get(0, {})
            if found.items() >= write.set.items():
                return image_from_item(found)  # the write was done and its answer lost: the retry met our own tombstone
            raise NotFoundError("There is no such image.") from error

    def list_labels(self, image: Image) -> None:
        """Puts a ready image's labels into the index, while its article is published; done already is fine."""
        self._relist(image, listed=True, writes=entries_of(image), seen=Standing(ArticleStatus.PUBLISHED, noted=True))

    def unlist_labels(self, image: Image, *, while_withdrawn: bool = False) -> None:
        """Takes an image's labels out of the index; done already is fine.

        `while_withdrawn`: only unless its article is published, which it may have become again since it was read.
        """
        withdrawn = Standing(ArticleStatus.DRAFT, noted=True)
        self._relist(image, listed=False, writes=no_entries_of(image), seen=withdrawn if while_withdrawn else None)

    def remove(self, image: Image) -> None:
        """Takes a tombstone away whose labels and files are gone. Missing already is fine."""
        gone = Condition(
            "#status = :deleted AND (attribute_not_exists(#listed) OR #listed = :no)",
            {"#status": "status", "#listed": "listed"},
            {":deleted": ImageStatus.DELETED.value, ":no": False},
        )
        try:
            self._table.delete(Delete(keys.image_key(image.article_id, image.id), gone))
        except ConditionFailedError:
            return

    def with_content(self, digest: str, *, after: datetime, limit: int) -> list[tuple[str, str]]:
        """Article and image ids of results of this content, those seen by Rekognition after `after`, newest first.

        One Query on the sparse index `content`, which is a little behind: each is to be read before it is believed.
        """
        items = self._table.query(
            keys.content_partition(digest),
            index=keys.CONTENT_INDEX,
            after=to_text(after),
            limit=limit,
            newest_first=True,
        )
        return [(keys.article_id_of(item), keys.image_id_of(item)) for item in items]

    def overdue(self, now: datetime, limit: int) -> list[Due]:
        """What is owed since before `now`, the longest waiting first: one Query on the sparse index."""
        items = self._table.query(keys.due_partition(), index=keys.DUE_INDEX, before=to_text(now), limit=limit)
        return [
            Due(keys.article_id_of(item), None if keys.is_article_key(item) else keys.image_id_of(item), item["DueAt"])
            for item in items
        ]

    def postpone(self, due: Due, until: datetime) -> bool:
        """Moves an entry of the index on, so that the next sweep does not repeat what this one has set going.

        False where the item moved on by itself meanwhile.
        """
        key = keys.image_key(due.article_id, due.image_id) if due.image_id else keys.article_key(due.article_id)
        same = Condition("#due = :due", {"#due": "DueAt"}, {":due": due.due_at})
        try:
            self._table.update(Update(key, set=keys.due_keys(to_text(until)), condition=same))
        except ConditionFailedError:
            return False
        return True

    def _relist(self, image: Image, *, listed: bool, writes: Sequence[Write], seen: Standing | None) -> None:
        # `seen` is a guess at first, which is right as a rule: whatever changes a status notes it.
        # A tombstone is unlisted too; only a ready image is ever listed.
        flagged = Update(
            keys.image_key(image.article_id, image.id),
            set={"listed": listed},
            condition=Condition(
                "(#listed <> :listed OR attribute_not_exists(#listed)) AND #event = :event AND #status "
                + ("= :ready" if listed else "<> :processing"),
                {"#listed": "listed", "#event": "event_id", "#status": "status"},
                {
                    ":listed": listed,
                    ":event": image.event_id,
                    (":ready" if listed else ":processing"): (
                        ImageStatus.READY.value if listed else ImageStatus.PROCESSING.value
                    ),
                },
            ),
        )
        for _ in range(_STANDING_TRIES):
            try:
                self._table.transact([flagged, *(seen.holds(image.article_id) if seen else ()), *writes])
            except ConditionFailedError as error:
                if 0 in error.failed:
                    return
                seen = standing.read(self._table, image.article_id)
                if (seen.status is ArticleStatus.PUBLISHED) != listed:
                    return
            else:
                return
        raise ContentionError("The article changes too often: try again in a moment.")


def _claimed_by(image: Image) -> Condition:
    return Condition(
        "#status = :processing AND #claim = :claim",
        {"#status": "status", "#claim": "claim"},
        {":processing": ImageStatus.PROCESSING.value, ":claim": image.claim},
    )


def _finishing(image: Image, analysis: Analysis, *, listed: bool, due_at: datetime, upload_etag: str | None) -> Update:
    changes: dict[str, Any] = {}
    remove = ["claim", "lease_until", "looked", "waited"]
    if analysis.content and analysis.looked_at:
        changes |= keys.content_keys(analysis.content, to_text(analysis.looked_at))
    else:
        remove += keys.INDEX_KEYS[keys.CONTENT_INDEX]
    if upload_etag:
        changes["upload_etag"] = upload_etag
    else:
        remove.append("upload_etag")
    return Update(
        keys.image_key(image.article_id, image.id),
        set={
            "status": analysis.status.value,
            "width": analysis.width,
            "height": analysis.height,
            "labels": [label_to_map(label) for label in analysis.labels],
            "moderation": [moderation_to_map(entry) for entry in analysis.moderation],
            "error": {"code": analysis.error.code, "message": analysis.error.message} if analysis.error else None,
            "analysed_at": to_text(analysis.analysed_at),
            "event_id": analysis.event_id,
            "renditions": analysis.renditions,
            "listed": listed,
            **keys.due_keys(to_text(due_at)),
            **changes,
        },
        remove=remove,
        condition=_claimed_by(image),
    )


def _index_changes(image: Image, analysis: Analysis, *, listed: bool) -> list[Write]:
    """The index's way from what it shows of the image (an older upload's labels, or nothing) to what it shall show."""
    before = image.labels if image.listed else ()
    after = analysis.labels if listed else ()
    finished = replace(
        image, labels=after, width=analysis.width, height=analysis.height, renditions=analysis.renditions
    )
    old_names = {label.name for label in before}
    new_names = {label.name for label in after}
    gone = replace(image, labels=tuple(label for label in before if label.name not in new_names))
    # An entry that stays is written anew (its boxes, its rendition) but counted only once.
    writes = [w for w in entries_of(finished) if not (isinstance(w, Update) and w.key[keys.SK] in old_names)]
    return [*writes, *no_entries_of(gone)]
