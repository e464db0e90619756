"""A batch of queue messages: each on its own, failures reported one by one, an end before the deadline.

A message that is reported as failed comes again after its visibility timeout, at most MAX_RECEIVE_COUNT times. Lambda
deletes the others: those that are done, and those that were moved to the dead letters, being poison or tried for the
last time. Where that move fails, or the function dies, the queue's own redrive policy makes it.
"""

import logging
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from articles import clock
from articles.logs import context as log_context
from image_worker.dead_letters import DeadLetters
from image_worker.deadline import Deadline, LambdaContext
from image_worker.events import Work, work_in
from image_worker.failures import PoisonError, Remedy, name_of, remedy_of

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

log = logging.getLogger(__name__)

RESERVE = 25.0
"""Seconds that must be left for another message to be begun: a job takes one or two, an unlucky one (each call of AWS
retried) some twenty."""

FIRST_PAUSE = 10.0
LONGEST_PAUSE = 300.0
"""Seconds before a message is tried again: doubled from try to try, half of it random."""

Handle = Callable[[Work, Deadline], None]


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
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self._handle = handle
        self._sqs = sqs
        self._dead_letters = dead_letters
        self._queue_url = queue_url
        self._uploads_bucket = uploads_bucket
        self._max_receive_count = max_receive_count
        self._now = now

    def run(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, list[dict[str, str]]]:
        """Handles an SQS event; gives Lambda's partial batch response, with the ids of what is to come again."""
        records: Sequence[Mapping[str, Any]] = event["Records"]
        deadline = Deadline(context, self._now)
        failed: list[str] = []
        for position, record in enumerate(records):
            # The first one is always begun: a function whose timeout is short would do nothing otherwise.
            if position and deadline.seconds_left() < RESERVE:
                left = records[position:]
                log.warning("no time left for the rest of the batch", extra={"messages": len(left)})
                for untouched in left:
                    self._come_again(untouched, within=random.uniform(0, FIRST_PAUSE))  # noqa: S311 (jitter)
                failed += [untouched["messageId"] for untouched in left]
                break
            with log_context(request_id=context.aws_request_id, message_id=record["messageId"]):
                if not self._done(record, deadline, context.aws_request_id):
                    failed.append(record["messageId"])
        return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}

    def _done(self, record: Mapping[str, Any], deadline: Deadline, request_id: str) -> bool:
        """Does all that a message asks for, also where one of several things fails. False: it must come again."""
        errors = list(self._errors_of(record, deadline))
        if not errors:
            return True
        tries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        if tries >= self._max_receive_count or any(isinstance(error, PoisonError) for error in errors):
            return self._dead_letters.bury(record, errors, request_id=request_id)
        if all(remedy_of(error) is Remedy.SOON for error in errors):
            self._come_again(record, within=pause_after(tries))
        return False

    def _errors_of(self, record: Mapping[str, Any], deadline: Deadline) -> Iterator[Exception]:
        try:
            works = work_in(record["body"], self._uploads_bucket)
        except PoisonError as error:
            log.error("a message that nobody can handle: it goes to the dead letters", extra={"reason": str(error)})
            yield error
            return
        for work in works:
            with log_context(article_id=work.article_id, image_id=work.image_id):
                try:
                    self._handle(work, deadline)
                except Exception as error:  # noqa: BLE001 - whatever it is, the neighbours must not pay for it
                    self._log(record, error)
                    yield error

    def _log(self, record: Mapping[str, Any], error: Exception) -> None:
        tries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
        remedy = remedy_of(error)
        last = tries >= self._max_receive_count
        log.log(
            logging.WARNING if remedy is Remedy.SOON and not last else logging.ERROR,
            "a job failed for the last time: its message goes to the dead letters" if last else "a job failed",
            extra={"reason": name_of(error), "tries": tries, "remedy": remedy.value},
            exc_info=error,
        )

    def _come_again(self, record: Mapping[str, Any], *, within: float) -> None:
        """Shortens the message's visibility timeout; where that fails, the message just takes longer."""
        with suppress(BotoCoreError, ClientError):
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url, ReceiptHandle=record["receiptHandle"], VisibilityTimeout=round(within)
            )


def pause_after(tries: int) -> float:
    """Seconds to wait after that many tries."""
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (tries - 1))
    return longest / 2 + random.uniform(0, longest / 2)  # noqa: S311 (jitter is no secret)
