"""A batch of queue messages: some at once, each on its own, failures reported one by one, an end before the deadline.

A message that is reported as failed comes again after its visibility timeout, at most MAX_RECEIVE_COUNT times. Lambda
deletes the others: those that are done, and those that were moved to the dead letters, being poison or tried for the
last time. Where that move fails, or the function dies, the queue's own redrive policy makes it.

No thread outlives the invocation: Lambda freezes the process after its answer, and one that thawed with the next batch
would write long after its claim had run out.
"""

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from articles import clock, correlation
from articles.logs import context as log_context
from articles.logs import trace_id
from articles.metrics import Metric, Metrics
from image_worker.clients import CLOSING, LAST_BEGIN
from image_worker.dead_letters import DeadLetters
from image_worker.deadline import Deadline, LambdaContext, closing
from image_worker.events import Work, work_in
from image_worker.failures import PoisonError, Remedy, name_of, remedy_of
from image_worker.threads import Threads

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

log = logging.getLogger(__name__)

USUAL = 5.0
"""Seconds that a job takes up to its last call of S3 when nothing goes wrong; the heaviest pictures take three."""

RESERVE = LAST_BEGIN + USUAL
"""Seconds that must be left for another message to be begun; with fewer it would only find its calls refused."""

FIRST_PAUSE = 10.0
LONGEST_PAUSE = 300.0
"""Seconds before a message is tried again: doubled from try to try, half of it random."""

Handle = Callable[[Work, Deadline], None]
Record = Mapping[str, Any]


class End(Enum):
    """How it went with a message in this invocation."""

    DONE = auto()
    FAILED = auto()
    UNTOUCHED = auto()


class Batch:
    def __init__(
        self,
        handle: Handle,
        sqs: "SQSClient",
        dead_letters: DeadLetters,
        *,
        queue_url: str,
        uploads_bucket: str,
        max_receive_count: int,
        at_once: int,
        metrics: Metrics,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """`at_once`: messages in hand at the same time, at most; with 1 no thread is begun for them."""
        self._handle = handle
        self._sqs = sqs
        self._dead_letters = dead_letters
        self._queue_url = queue_url
        self._uploads_bucket = uploads_bucket
        self._max_receive_count = max_receive_count
        self._at_once = at_once
        self._metrics = metrics
        self._now = now

    def run(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
        """Handles an SQS event; gives Lambda's partial batch response, with the ids of what is to come again."""
        records: Sequence[Record] = event["Records"]
        deadline = Deadline(context, self._now)
        ids = log_context(request_id=context.aws_request_id, trace_id=trace_id())
        with ids, deadline.kept(closing=CLOSING), self._metrics.of_invocation():
            ends = self._ends_of(records, deadline, context.aws_request_id)
            if failed := ends.count(End.FAILED):
                self._metrics.add(Metric.RETRIES, failed)
        if untouched := ends.count(End.UNTOUCHED):
            log.warning("no time left for the rest of the batch", extra={"messages": untouched})
        again = [record["messageId"] for record, end in zip(records, ends, strict=True) if end is not End.DONE]
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in again]}

    def _ends_of(self, records: Sequence[Record], deadline: Deadline, request_id: str) -> list[End]:
        at_once = min(self._at_once, len(records))
        if at_once <= 1:
            return [self._turn(position, record, deadline, request_id) for position, record in enumerate(records)]
        threads = Threads(at_once, "message")
        try:
            turns = [
                threads.begin(self._turn, position, record, deadline, request_id)
                for position, record in enumerate(records)
            ]
            return [turn.result() for turn in turns]
        finally:
            threads.close()

    def _turn(self, position: int, record: Record, deadline: Deadline, request_id: str) -> End:
        with log_context(message_id=record["messageId"]), correlation.following(correlation.of_record(record)):
            # The first ones are always begun: a function whose timeout is short would do nothing otherwise.
            if position >= self._at_once and deadline.seconds_left() < RESERVE:
                self._come_again(record, within=random.uniform(0, FIRST_PAUSE))  # noqa: S311 (jitter)
                return End.UNTOUCHED
            try:
                return End.DONE if self._done(record, deadline, request_id) else End.FAILED
            except Exception:
                log.exception("a message's failure could not be reported")
                return End.FAILED

    def _done(self, record: Record, deadline: Deadline, request_id: str) -> bool:
        """Does all that a message asks for, also where one of several things fails. False: it must come again."""
        errors = list(self._errors_of(record, deadline))
        if not errors:
            return True
        tries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        if tries >= self._max_receive_count or any(isinstance(error, PoisonError) for error in errors):
            with closing():
                return self._dead_letters.bury(record, errors, request_id=request_id)
        if all(remedy_of(error) is Remedy.SOON for error in errors):
            self._come_again(record, within=pause_after(tries))
        return False

    def _errors_of(self, record: Record, deadline: Deadline) -> Iterator[Exception]:
        try:
            works = work_in(record["body"], self._uploads_bucket)
        except PoisonError as error:
            log.error("a message that nobody can handle: it goes to the dead letters", extra={"reason": str(error)})
            yield error
            return
        except Exception as error:  # noqa: BLE001 - as below
            self._log(record, error)
            yield error
            return
        failed: str | None = None
        for work in works:
            # A job's message names its id, S3's does not: there the claim finds it with the image.
            correlation.follow(correlation.of_record(record))
            with log_context(article_id=work.article_id, image_id=work.image_id):
                try:
                    self._handle(work, deadline)
                except Exception as error:  # noqa: BLE001 - whatever it is, the neighbours must not pay for it
                    failed = failed or correlation.current()
                    self._log(record, error)
                    yield error
        correlation.follow(failed)  # what is said about the whole message is about what failed

    def _log(self, record: Record, error: Exception) -> None:
        tries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        remedy = remedy_of(error)
        last = tries >= self._max_receive_count
        log.log(
            logging.WARNING if remedy is Remedy.SOON and not last else logging.ERROR,
            "a job failed for the last time: its message goes to the dead letters" if last else "a job failed",
            extra={"reason": name_of(error), "tries": tries, "remedy": remedy.value},
            exc_info=error,
        )

    def _come_again(self, record: Record, *, within: float) -> None:
        """Shortens the message's visibility timeout; where that fails, the message just takes longer."""
        with closing(), suppress(BotoCoreError, ClientError):
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=round(within)
            )


def pause_after(tries: int) -> float:
    """Seconds to wait after that many tries."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (tries - 1))
    return longest / 2 + random.uniform(0, longest / 2)  # noqa: S311 (jitter is no secret)
