"""Every fault that is tried: what is spoilt, and what is promised to come of it. docs/reliability.md has what came."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.fault import (
    ANSWER_LOST,
    BODY_CUT,
    CUT,
    DONE_BUT_SILENT,
    FROZEN,
    KILLED_AFTER,
    KILLED_BEFORE,
    SILENT,
    Ending,
    Fault,
    delayed,
    done_but_failed,
    refused,
)
from tests.faults.laboratory import Laboratory, eventually
from tests.faults.proxy import Rule
from tests.faults.subject import Subject

ALWAYS = 99
"""Times: more than any scenario comes to."""

Act = Callable[[Laboratory, Subject], None]


def upload(lab: Laboratory, subject: Subject) -> None:
    """As a client does it."""
    lab.upload(subject)


@dataclass(frozen=True)
class Scenario:
    name: str
    """Unique: tests and the document find it by that."""
    where: str
    rules: tuple[Rule, ...] = ()
    act: Act = upload
    how: str = ""
    """What `act` does, where the rules do not say it all."""
    ends: str = "ready"
    """The status, with its error's code after a slash; or `dead letters`, the image still being `processing`."""
    calls: tuple[int, int] = (1, 1)
    """Rekognition's answers to DetectLabels and DetectModerationLabels: what is paid for until then."""
    calls_redriven: tuple[int, int] = (1, 1)
    """The same after the message was sent back from the dead letters."""
    reason: str | None = None
    """Of a message in the dead letters; None where SQS moved it by itself, because the function never answered."""
    alone: bool = False
    """Not while others run: it changes what they share."""

    @property
    def waits(self) -> bool:
        """Whether somebody waits there for an answer that never comes."""
        return any(rule.fault.ending is Ending.SILENCE for rule in self.rules)

    @property
    def injected(self) -> str:
        """What is done, in words."""
        told: dict[str, list[str]] = {}
        for rule in self.rules:
            told.setdefault(_in_words(rule), []).append(f"`{rule.operation}`")
        what = [f"{' and '.join(operations)}: {words}" for words, operations in told.items()]
        return "; ".join(([self.how] if self.how else []) + what)


def _in_words(rule: Rule) -> str:
    times = "always" if rule.times == ALWAYS else "" if rule.times == 1 else f"{rule.times} times"
    after = f"after `{rule.after}`" if rule.after else ""
    return ", ".join(filter(None, [_NAMES.get(rule.fault) or _error(rule.fault), after, times]))


def _error(fault: Fault) -> str:
    if fault.seconds:
        return f"takes {fault.seconds:.0f} s longer"
    done = "done, but answered " if fault.reaches else ""
    return f"{done}{fault.status} {fault.code}"


_NAMES = {
    SILENT: "never answered",
    DONE_BUT_SILENT: "done, but never answered",
    CUT: "connection closed before it is done",
    ANSWER_LOST: "done, connection closed before the answer",
    BODY_CUT: "connection closed in the middle of the body",
    KILLED_BEFORE: "the process is killed (-9) before it is done",
    KILLED_AFTER: "the process is killed (-9) right after it is done",
    FROZEN: "the process stands still from here on",
}


def _looks(fault: Fault, times: int = 1) -> tuple[Rule, Rule]:
    return (
        Rule("rekognition", "DetectLabels", fault, times),
        Rule("rekognition", "DetectModerationLabels", fault, times),
    )


# Rekognition

_THROTTLED = refused("ThrottlingException", 400)
_INTERNAL = refused("InternalServerError", 500)

_REKOGNITION = [
    Scenario("throttled twice", "Rekognition", _looks(_THROTTLED, 2)),
    Scenario("throttled through two whole tries", "Rekognition", _looks(_THROTTLED, 7)),
    Scenario(
        "throttled for good",
        "Rekognition",
        _looks(_THROTTLED, ALWAYS),
        ends="dead letters",
        calls=(0, 0),
        reason="ThrottlingException",
    ),
    Scenario(
        "its throughput exceeded",
        "Rekognition",
        _looks(refused("ProvisionedThroughputExceededException", 400)),
    ),
    Scenario("internal errors through a whole try", "Rekognition", _looks(_INTERNAL, 3)),
    Scenario("unavailable", "Rekognition", _looks(refused("ServiceUnavailable", 503), 2)),
    Scenario("no answer in time", "Rekognition", (Rule("rekognition", "DetectModerationLabels", SILENT),)),
    Scenario("connection cut", "Rekognition", _looks(CUT, 2)),
    Scenario("answer lost", "Rekognition", (Rule("rekognition", "DetectLabels", ANSWER_LOST),), calls=(2, 1)),
    Scenario(
        "invalid image format",
        "Rekognition",
        _looks(refused("InvalidImageFormatException", 400)),
        ends="failed/not_analysable",
        calls=(0, 0),
    ),
    Scenario(
        "image too large",
        "Rekognition",
        _looks(refused("ImageTooLargeException", 400)),
        ends="failed/too_large",
        calls=(0, 0),
    ),
    Scenario(
        "access denied",
        "Rekognition",
        _looks(refused("AccessDeniedException", 400), ALWAYS),
        ends="dead letters",
        calls=(0, 0),
        reason="AccessDeniedException",
    ),
    Scenario(
        "labels answered, moderation never",
        "Rekognition",
        (Rule("rekognition", "DetectModerationLabels", _INTERNAL, ALWAYS),),
        ends="dead letters",
        calls=(1, 0),
        reason="InternalServerError",
    ),
]

# DynamoDB: the claim is the first UpdateItem, the finish a transaction, settling the UpdateItem after the notification

_DYNAMODB = [
    Scenario(
        "claim throttled",
        "DynamoDB",
        (Rule("dynamodb", "UpdateItem", refused("ProvisionedThroughputExceededException", 400), 2),),
    ),
    Scenario(
        "claim throttled through a whole try",
        "DynamoDB",
        (Rule("dynamodb", "UpdateItem", refused("ThrottlingException", 400), 4),),
    ),
    Scenario(
        "claim done and answered 500",
        "DynamoDB",
        (Rule("dynamodb", "UpdateItem", done_but_failed("InternalServerError", 500)),),
    ),
    Scenario("claim's answer lost", "DynamoDB", (Rule("dynamodb", "UpdateItem", ANSWER_LOST),)),
    Scenario("claim not answered in time", "DynamoDB", (Rule("dynamodb", "UpdateItem", SILENT),)),
    Scenario(
        "finish done and answered 500",
        "DynamoDB",
        (Rule("dynamodb", "TransactWriteItems", done_but_failed("InternalServerError", 500)),),
    ),
    Scenario("finish's answer lost", "DynamoDB", (Rule("dynamodb", "TransactWriteItems", ANSWER_LOST),)),
    Scenario(
        "finish done and never answered, all attempts of a try",
        "DynamoDB",
        (Rule("dynamodb", "TransactWriteItems", DONE_BUT_SILENT, 3),),
    ),
    Scenario(
        "finish refused with 500 through a whole try",
        "DynamoDB",
        (Rule("dynamodb", "TransactWriteItems", _INTERNAL, 3),),
    ),
    Scenario(
        "finish in conflict with another transaction",
        "DynamoDB",
        (Rule("dynamodb", "TransactWriteItems", refused("TransactionCanceledException", 400), 2),),
    ),
    Scenario(
        "settling done and answered 500",
        "DynamoDB",
        (Rule("dynamodb", "UpdateItem", done_but_failed("InternalServerError", 500), after="Publish"),),
    ),
    Scenario(
        "settling's answer lost",
        "DynamoDB",
        (Rule("dynamodb", "UpdateItem", ANSWER_LOST, after="Publish"),),
    ),
    Scenario(
        "settling refused through a whole try",
        "DynamoDB",
        (Rule("dynamodb", "UpdateItem", _INTERNAL, 3, after="Publish"),),
    ),
]

# S3

_SLOW_DOWN = refused("SlowDown", 503)

_S3 = [
    Scenario("upload's GET slowed down", "S3", (Rule("s3", "GetObject", _SLOW_DOWN, 2),)),
    Scenario("upload's GET slowed down through a whole try", "S3", (Rule("s3", "GetObject", _SLOW_DOWN, 3),)),
    Scenario("upload's GET not answered in time", "S3", (Rule("s3", "GetObject", SILENT),)),
    Scenario("upload's GET cut in the middle", "S3", (Rule("s3", "GetObject", BODY_CUT),)),
    Scenario("rendition's PUT slowed down", "S3", (Rule("s3", "PutObject", _SLOW_DOWN, 2),)),
    Scenario("renditions' PUT slowed down through a whole try", "S3", (Rule("s3", "PutObject", _SLOW_DOWN, 5),)),
    Scenario("rendition's PUT, answer lost", "S3", (Rule("s3", "PutObject", ANSWER_LOST),)),
    Scenario("upload's DELETE, answer lost", "S3", (Rule("s3", "DeleteObject", ANSWER_LOST),)),
    Scenario("upload's DELETE refused through a whole try", "S3", (Rule("s3", "DeleteObject", _SLOW_DOWN, 3),)),
]

# SNS and SQS

_MESSAGES = [
    Scenario(
        "notification refused through a whole try", "SNS", (Rule("sns", "Publish", refused("InternalError", 500), 3),)
    ),
    Scenario("notification not answered in time", "SNS", (Rule("sns", "Publish", SILENT),)),
    Scenario("notification's answer lost", "SNS", (Rule("sns", "Publish", ANSWER_LOST),)),
    Scenario("notification denied", "SNS", (Rule("sns", "Publish", refused("AuthorizationError", 403)),)),
    Scenario(
        "the wait before the next try cannot be set",
        "SQS",
        (*_looks(_INTERNAL, 3), Rule("sqs", "ChangeMessageVisibility", refused("InternalFailure", 500), 3)),
    ),
    Scenario(
        "the dead letters cannot be reached",
        "SQS",
        (
            *_looks(refused("AccessDeniedException", 400), ALWAYS),
            Rule("sqs", "SendMessage", refused("AccessDeniedException", 400), ALWAYS),
        ),
        ends="dead letters",
        calls=(0, 0),
    ),
]

# The worker's process

_KILLS = [
    ("killed before the claim", Rule("dynamodb", "UpdateItem", KILLED_BEFORE), (1, 1)),
    ("killed after the claim", Rule("dynamodb", "UpdateItem", KILLED_AFTER), (1, 1)),
    ("killed at the download", Rule("s3", "GetObject", KILLED_AFTER), (1, 1)),
    # What Rekognition has answered was known to nobody but the process: it is asked again, and paid again.
    ("killed at the first rendition", Rule("s3", "PutObject", KILLED_AFTER), (2, 2)),
    ("killed before the finish", Rule("dynamodb", "TransactWriteItems", KILLED_BEFORE), (2, 2)),
    ("killed after the finish", Rule("dynamodb", "TransactWriteItems", KILLED_AFTER), (1, 1)),
    ("killed before the upload is deleted", Rule("s3", "DeleteObject", KILLED_BEFORE), (1, 1)),
    ("killed before the notification", Rule("sns", "Publish", KILLED_BEFORE), (1, 1)),
    ("killed after the notification", Rule("sns", "Publish", KILLED_AFTER), (1, 1)),
    ("killed before settling", Rule("dynamodb", "UpdateItem", KILLED_BEFORE, after="Publish"), (1, 1)),
]


def _upload_and_hurry(seconds: float) -> Act:
    def act(lab: Laboratory, subject: Subject) -> None:
        lab.relay.hurry(subject.about, seconds)
        lab.upload(subject)

    return act


_PROCESS = [
    Scenario(
        "killed while Rekognition looks",
        "the worker",
        (
            Rule("rekognition", "DetectLabels", delayed(2)),
            Rule("rekognition", "DetectModerationLabels", KILLED_AFTER),
        ),
        calls=(2, 2),
    ),
    *(Scenario(name, "the worker", (rule,), calls=calls) for name, rule, calls in _KILLS),
    Scenario(
        "killed at every try",
        "the worker",
        (Rule("s3", "GetObject", KILLED_BEFORE, ALWAYS),),
        ends="dead letters",
        calls=(0, 0),
    ),
    Scenario(
        "it stands still and runs out of time",
        "the worker",
        (Rule("s3", "GetObject", FROZEN),),
        act=_upload_and_hurry(40),
        how="the function's time limit is 40 s",
    ),
    Scenario(
        "hardly any time is left",
        "the worker",
        act=_upload_and_hurry(3),
        how="the function's time limit is 3 s",
    ),
]

# What is delivered, and how


def _ten_at_once(lab: Laboratory, subject: Subject) -> None:
    lab.upload(subject)
    lab.send(*[lab.event(subject, "00")] * 10)
    eventually(lambda: len(lab.relay.deliveries(subject.about)) >= 11, lambda: "not all were delivered")


def _newest_first(lab: Laboratory, subject: Subject) -> None:
    for _ in range(2):  # S3's own two events get lost, so that these two can come in the wrong order
        lab.relay.lose(subject.about)
        before = len(lab.relay.deliveries(subject.about))
        lab.upload(subject)
        eventually(lambda n=before: len(lab.relay.deliveries(subject.about)) > n, lambda: "no event")  # type: ignore[misc]
    lab.send(lab.event(subject, "0000000000000002"))
    eventually(lambda: lab.item(subject)["status"]["S"] == "ready", lambda: "the newer one is not ready")
    lab.send(lab.event(subject, "0000000000000001"))
    eventually(lambda: len(lab.relay.deliveries(subject.about)) >= 4, lambda: "the older one was not delivered")


def _event_lost(lab: Laboratory, subject: Subject) -> None:
    lab.relay.lose(subject.about)
    lab.upload(subject)
    eventually(lambda: bool(lab.relay.deliveries(subject.about)), lambda: "no event")
    lab.let_time_pass(subject)
    lab.sweep()


def _same_picture_again(lab: Laboratory, subject: Subject) -> None:
    first = lab.subject(like=subject)
    lab.upload(first)
    lab.wait_until_quiet(first)
    lab.proxy.recognise(f"{subject.size[0]}x{subject.size[1]} pixels", subject.about)
    subject.repeated = True
    lab.upload(subject)


def _poison_among_nine(lab: Laboratory, subject: Subject) -> None:
    others = [lab.subject() for _ in range(8)]
    poison = f"poison {time.time_ns()}"
    lab.dead_letters.expect(poison)
    with lab.batches_of(10), lab.paused():
        lab.upload(subject)
        for other in others[:4]:
            lab.upload(other)
        lab.send(poison)
        for other in others[4:]:
            lab.upload(other)
    eventually(lambda: bool(lab.dead_letters.about(poison)), lambda: "the poison is nowhere")
    assert [letter.reason for letter in lab.dead_letters.about(poison)] == ["PoisonError"]
    for other in others:
        lab.wait_until_quiet(other)
        found = lab.outcome(other)
        assert (found.status, [*found.answered.values()], found.notification_ids) == ("ready", [1, 1], 1)


def _source_paused(lab: Laboratory, subject: Subject) -> None:
    with lab.paused():
        lab.upload(subject)
        time.sleep(2)
        assert lab.item(subject)["status"]["S"] == "pending"


def _sweeper_killed(lab: Laboratory, subject: Subject) -> None:
    subjects = [subject, lab.subject(), lab.subject()]
    for lost in subjects:
        lab.relay.lose(lost.about)
        lab.upload(lost)
    eventually(lambda: all(lab.relay.deliveries(lost.about) for lost in subjects), lambda: "no events")
    for lost in subjects:
        lab.let_time_pass(lost)
    first = lab.sweep()
    assert first is not None
    assert "SIGKILL" in first, first
    lab.sweep()
    for lost in subjects:
        lab.wait_until_quiet(lost)
        found = lab.outcome(lost)
        assert (found.status, [*found.answered.values()], found.notification_ids) == ("ready", [1, 1], 1)


_DELIVERY = [
    Scenario("the same event ten times at once", "the queue", act=_ten_at_once, how="ten more copies of S3's event"),
    Scenario(
        "the newer event first",
        "the queue",
        act=_newest_first,
        how="two uploads of the same key, their events in reverse order",
    ),
    Scenario("the event gets lost", "the queue", act=_event_lost, how="S3's event is taken and reaches nobody"),
    Scenario(
        "the same picture again",
        "the queue",
        act=_same_picture_again,
        how="another image of the same bytes, after the first is ready",
        calls=(0, 0),
    ),
    Scenario(
        "a poison message among nine good ones",
        "the queue",
        act=_poison_among_nine,
        how="a batch of ten, one of them no JSON: that one is in the dead letters at once; told of one of the nine",
        alone=True,
    ),
    Scenario(
        "the event source is paused and resumed",
        "the queue",
        act=_source_paused,
        how="the mapping is disabled during the upload",
        alone=True,
    ),
    Scenario(
        "killed midway",
        "the sweeper",
        (Rule("sqs", "SendMessage", KILLED_AFTER),),
        act=_sweeper_killed,
        how="three lost events; the sweeper dies at the first, and runs again",
        alone=True,
    ),
]

SCENARIOS = (*_REKOGNITION, *_DYNAMODB, *_S3, *_MESSAGES, *_PROCESS, *_DELIVERY)


def title(scenario: Scenario) -> str:
    """`where: name`, unique among all."""
    return f"{scenario.where}: {scenario.name}"
