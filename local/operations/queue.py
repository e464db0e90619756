"""The dead letters' queue in an operator's hands.

Why not SQS's own StartMessageMoveTask: it moves all or nothing, and it would leave the worker's report among the
message's attributes. (The local cloud's emulator has not got it either.)

SQS shows messages by lending them: whoever receives one hides it from everybody else for a while. Here each is lent
until all are read, then given back; should the command be killed, they come back when that while is over. SQS promises
neither order nor exactly one copy, and what it counts is approximate and may be a minute old.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from local.operations.letters import Letter

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

BATCH = 10
"""Messages of one call, at most (Amazon SQS API reference)."""

FRUITLESS = 2
"""Receives in a row that bring nothing new, after which all is read. One may be empty though there is more."""


class DeadLetterQueue:
    def __init__(self, sqs: "SQSClient", url: str, image_jobs_url: str, wait: int = 1) -> None:
        """Takes the two queues' URLs, and the seconds that a receive waits for messages: with 0 SQS asks only some of
        its servers."""
        self._sqs = sqs
        self._url = url
        self._image_jobs_url = image_jobs_url
        self._wait = wait

    def count(self) -> int:
        """How many letters there are, also in somebody's hands, by SQS's approximate count."""
        counted = self._sqs.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return sum(map(int, counted.values()))

    @contextmanager
    def lent(self, seconds: int, enough: Callable[[list[Letter]], bool] = lambda _: False) -> Iterator[list[Letter]]:
        """The letters, the longest there first, hidden from others for that many seconds or until this ends.

        `enough` is asked after each call whether those read so far will do.
        """
        found: dict[str, Letter] = {}
        try:
            fruitless = 0
            while fruitless < FRUITLESS and not enough(list(found.values())):
                before = len(found)
                for letter in self._receive(seconds):
                    found[letter.id] = letter  # a newer receipt handle of the same letter is the one that counts
                fruitless = 0 if len(found) > before else fruitless + 1
            yield sorted(found.values(), key=lambda letter: letter.sent_at)
        finally:
            self._give_back(iter(found.values()))

    def send_back(self, letter: Letter) -> str:
        """Puts a letter's message among the jobs again, and gives its new id there. The letter stays."""
        return self._sqs.send_message(
            QueueUrl=self._image_jobs_url, MessageBody=letter.body, MessageAttributes=letter.own_attributes
        )["MessageId"]

    def delete(self, letter: Letter) -> None:
        """Takes a letter away."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=letter.receipt_handle)

    def _receive(self, seconds: int) -> Iterator[Letter]:
        received = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=seconds,
            WaitTimeSeconds=self._wait,
            MessageSystemAttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        return map(Letter.of, received.get("Messages", []))

    def _give_back(self, letters: Iterator[Letter]) -> None:
        """Also those that are deleted by now: SQS then says that there is no such message, and nobody minds."""
        with suppress(BotoCoreError, ClientError):  # they come back by themselves, a little later
            while some := list(islice(letters, BATCH)):
                self._sqs.change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[
                        {"Id": str(number), "ReceiptHandle": letter.receipt_handle, "VisibilityTimeout": 0}
                        for number, letter in enumerate(some)
                    ],
                )
