"""From an upload to its analysis: read, clean, look, decide, and only then write what readers may get."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from articles.budget import AnalysisBudget
from articles.ids import new_id
from articles.image_repository import Analysis
from articles.metrics import Metric, Metrics
from articles.model import Failure, Image, ImageStatus, Looked
from image_worker import renditions
from image_worker.decoding import Decoding
from image_worker.failures import PictureError, fault_of_picture
from image_worker.picture import Picture
from image_worker.rekognition import Findings, Vision
from image_worker.reuse import Notes, Reuse
from image_worker.storage import Media, Upload, UploadMissingError, Uploads

log = logging.getLogger(__name__)

Size = tuple[int, int]
"""Width and height of a picture as people see it, in pixels."""

_UPLOAD_MISSING = Failure("upload_missing", "The uploaded file is not there any more: upload it again as a new image.")


@dataclass(frozen=True, slots=True)
class Analysed:
    """A result, and of the upload it was made of the ETag and the time (None where there was no upload)."""

    analysis: Analysis
    etag: str | None
    uploaded_at: datetime | None = None


class Analyst:
    def __init__(
        self,
        uploads: Uploads,
        media: Media,
        vision: Vision,
        reuse: Reuse,
        budget: AnalysisBudget,
        decoding: Decoding,
        metrics: Metrics,
        *,
        max_upload_bytes: int,
        now: Callable[[], datetime],
    ) -> None:
        self._uploads = uploads
        self._media = media
        self._vision = vision
        self._reuse = reuse
        self._budget = budget
        self._decoding = decoding
        self._metrics = metrics
        self._max_upload_bytes = max_upload_bytes
        self._now = now

    def analyse(self, image: Image, token: str, notes: Notes) -> Analysed:
        """The result for a claimed image; if it is ready, its renditions are written under `token` already.

        Whatever Rekognition has answered stands in `notes` afterwards, also after an error.
        What is the picture's own fault is a result too (failed); every other error is let through: trying again may
        help. Raises BudgetUsedUpError where Rekognition would have to be asked and may not be, for today.
        """
        try:
            with self._uploads.open(image.article_id, image.id) as upload:
                if upload.correlation_id != image.correlation_id:
                    log.warning("the upload was not made by the form that was given for it")
                if image.waited and not (image.looked and image.looked.complete):
                    self._budget.check()  # before a whole file is read and decoded only to wait again
                return Analysed(self._analysis(image, token, upload, notes), upload.etag, upload.modified_at)
        except UploadMissingError:
            return Analysed(_earlier_result(image) or self._failed(_UPLOAD_MISSING, None), None)

    def _analysis(self, image: Image, token: str, upload: Upload, notes: Notes) -> Analysis:
        size: Size | None = None
        try:
            if upload.size > self._max_upload_bytes:
                raise PictureError(
                    "too_large", f"The file has {upload.size} bytes, more than {self._max_upload_bytes}."
                )
            content, picture = self._read(upload)
            size = picture.width, picture.height
            large = renditions.large(picture)
            known = self._reuse.known(image, content) or Looked(content, self._now(), labels=None, moderation=None)
            jpeg = renditions.analysable(picture, large)
            if missing := (known.labels is None) + (known.moderation is None):
                self._budget.take(missing)
            else:
                self._metrics.add(Metric.ANALYSES_REUSED)
            look = self._vision.look(jpeg, labels=known.labels, moderation=known.moderation)
            try:
                # Made while Rekognition looks; nothing is written before it has answered.
                files = {renditions.LARGE: large, renditions.THUMBNAIL: renditions.thumbnail(picture)}
            finally:
                del picture  # its pixels are not held while Rekognition looks
                labels, moderation = look.answers()
                notes.looked = replace(known, labels=labels, moderation=moderation)
            findings = look.findings()
        except Exception as error:
            fault = fault_of_picture(error)
            if fault is None:
                raise
            log.info("the picture cannot be shown", extra={"code": fault.code})
            return self._failed(fault, size)
        if not findings.objectionable:
            self._media.write(image.article_id, image.id, token, files)
        return self._found(findings, size, token, notes.looked)

    def _read(self, upload: Upload) -> tuple[str, Picture]:
        """The digest of its content, and the picture; the file itself is not held any longer."""
        data = upload.read()
        return self._reuse.content_of(data), self._decoding.clean(data, renditions.LARGE_SIDE)

    def _found(self, findings: Findings, size: Size, token: str, looked: Looked) -> Analysis:
        return Analysis(
            status=ImageStatus.REJECTED if findings.objectionable else ImageStatus.READY,
            analysed_at=self._now(),
            event_id=new_id(),
            width=size[0],
            height=size[1],
            labels=findings.labels,
            moderation=findings.moderation,
            renditions=None if findings.objectionable else token,
            content=looked.content,
            looked_at=looked.at,
        )

    def _failed(self, failure: Failure, size: Size | None) -> Analysis:
        return Analysis(
            status=ImageStatus.FAILED,
            analysed_at=self._now(),
            event_id=new_id(),
            width=size[0] if size else None,
            height=size[1] if size else None,
            error=failure,
        )


def _earlier_result(image: Image) -> Analysis | None:
    """The result that the image already had, where it had one.

    An upload is deleted once its very content is analysed. So when the event of a repeated upload finds none, the
    analysis of the same content is there already, and stands.
    """
    if image.event_id is None or image.analysed_at is None:
        return None
    shown = ImageStatus.READY if image.renditions else ImageStatus.REJECTED
    return Analysis(
        status=ImageStatus.FAILED if image.error else shown,
        analysed_at=image.analysed_at,
        event_id=image.event_id,
        width=image.width,
        height=image.height,
        labels=image.labels,
        moderation=image.moderation,
        error=image.error,
        renditions=image.renditions,
        content=image.content,
        looked_at=image.looked_at,
    )
