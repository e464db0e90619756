"""Which work is done by whom."""

from articles.jobs import Job, JobKind
from image_worker.conclusion import Conclusion
from image_worker.deadline import Deadline
from image_worker.events import UploadArrived, Work
from image_worker.indexing import Indexing
from image_worker.process import ImageProcess
from image_worker.purge import Purge


class Worker:
    def __init__(self, process: ImageProcess, conclusion: Conclusion, purge: Purge, indexing: Indexing) -> None:
        self._process = process
        self._conclusion = conclusion
        self._purge = purge
        self._indexing = indexing

    def handle(self, work: Work, deadline: Deadline) -> None:
        """Does one piece of work. Raises whatever another try may cure."""
        match work:
            case UploadArrived():
                self._process.run(work.article_id, work.image_id, work.sequencer, deadline, work.at)
            case Job(JobKind.INDEX_ARTICLE):
                self._indexing.article(work.article_id)
            case Job(JobKind.PURGE_ARTICLE):
                self._purge.article(work.article_id)
            case Job(kind, article_id, str(image_id)):
                match kind:
                    case JobKind.PROCESS_IMAGE:
                        self._process.run(article_id, image_id, None, deadline)
                    case JobKind.SETTLE_IMAGE:
                        self._conclusion.settle(article_id, image_id)
                    case JobKind.PURGE_IMAGE:
                        self._purge.image(article_id, image_id)
