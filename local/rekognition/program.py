"""What tests program into the stand-in, and the calls it has seen. Shared by every request's thread."""

import threading
import time
from collections import Counter, deque
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from local.rekognition.errors import ServiceError
from local.rekognition.moderation import label as moderation_label
from local.rekognition.vision import label as general_label

OPERATIONS: Final = ("DetectLabels", "DetectModerationLabels")
# Counts are exact for ever; the list keeps the latest calls only, so that a benchmark does not fill the memory.
_CALLS_KEPT: Final = 10_000
_FORCED_CONFIDENCE: Final = 99.0

JsonObject = dict[str, Any]


class ProgramError(ValueError):
    """A test asked for something that cannot be programmed; the message says what."""


@dataclass
class Call:
    """One call that reached an operation. at: seconds since the epoch. status and error: None until answered.
    forced: whether a rule had a part in the answer."""

    operation: str
    at: float
    source: str | None = None
    status: int | None = None
    error: str | None = None
    forced: bool = False
    duration_ms: float | None = None


@dataclass
class Rule:
    """The answer to the next `times` calls of `operation` (of any operation where None)."""

    operation: str | None
    times: int
    error: ServiceError | None = None
    labels: list[JsonObject] | None = None
    delay_ms: float = 0.0
    look: bool = True
    """Whether the pixels are decoded. Only a rule with labels may do without: the header alone is checked then."""


class Program:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forget()

    def next(self, wish: JsonObject) -> None:
        """Queue a rule. Rules are used in the order they came, each until its `times` are up.

        wish: {operation?, times?, delay_ms?} and at most one of error {code, message?, status?}, throttle true,
        labels [Label, ...], moderation [ModerationLabel, ...]; of a label only Name is needed, or a bare string.
        Raises ProgramError.
        """
        rule = _rule(wish)
        with self._lock:
            self._rules.append(rule)

    def delay(self, wish: JsonObject) -> None:
        """From now on no answer leaves sooner than {delay_ms} after its call came in. Raises ProgramError."""
        _only(wish, {"delay_ms"})
        delay_ms = _milliseconds(wish)
        with self._lock:
            self._delay_ms = delay_ms

    def always(self, wish: JsonObject) -> None:
        """From now on every picture shows {labels, moderation}, {delay_ms} after its call came in; no pixel is
        decoded. Rules that were queued go first. Raises ProgramError."""
        _only(wish, {"labels", "moderation", "delay_ms"})
        delay_ms = _milliseconds(wish)
        seen = {
            "DetectLabels": [_label(item) for item in _list(wish.get("labels"))],
            "DetectModerationLabels": [_moderation(item) for item in _list(wish.get("moderation"))],
        }
        rules = {
            operation: Rule(operation, 0, labels=labels, delay_ms=delay_ms, look=False)
            for operation, labels in seen.items()
        }
        with self._lock:
            self._always.update(rules)

    def reset(self) -> None:
        """Forget rules, delay, what is always seen, calls and counts."""
        with self._lock:
            self._forget()

    def begin(self, operation: str) -> tuple[Call, Rule | None, float]:
        """Note a call that comes in. Gives it, the rule that holds for it, and its delay in milliseconds."""
        call = Call(operation, time.time())
        with self._lock:
            self._counts[operation] += 1
            self._calls.append(call)
            rule = next((rule for rule in self._rules if rule.operation in {None, operation}), None)
            if rule is not None:
                rule.times -= 1
                if not rule.times:
                    self._rules.remove(rule)
            rule = _over(rule, self._always.get(operation))
            call.forced = rule is not None
            return call, rule, max(self._delay_ms, rule.delay_ms if rule else 0.0)

    def end(self, call: Call, status: int, error: str | None, duration_ms: float) -> None:
        """Note how a call was answered."""
        with self._lock:
            call.status, call.error, call.duration_ms = status, error, round(duration_ms, 1)

    def calls(self) -> JsonObject:
        """{counts: {operation: number}, calls: [Call, ...], pending_rules: number}."""
        with self._lock:
            return {
                "counts": dict(self._counts),
                "calls": [asdict(call) for call in self._calls],
                "pending_rules": len(self._rules),
            }

    def _forget(self) -> None:
        self._rules: list[Rule] = []
        self._always: dict[str, Rule] = {}
        self._delay_ms = 0.0
        self._counts: Counter[str] = Counter(dict.fromkeys(OPERATIONS, 0))
        self._calls: deque[Call] = deque(maxlen=_CALLS_KEPT)


def _over(rule: Rule | None, always: Rule | None) -> Rule | None:
    """A queued rule over what is always answered: the rule's own error or labels, the longer of the two delays."""
    if rule is None or always is None:
        return rule or always
    labels = always.labels if rule.labels is None else rule.labels
    return replace(rule, labels=labels, delay_ms=max(rule.delay_ms, always.delay_ms), look=False)


def _rule(wish: JsonObject) -> Rule:
    answers = {"error", "throttle", "labels", "moderation"} & wish.keys()
    _only(wish, {"operation", "times", "delay_ms", *answers})
    if len(answers) > 1:
        raise ProgramError(f"one answer at a time, not {' and '.join(sorted(answers))}")
    operation = wish.get("operation")
    if operation not in {None, *OPERATIONS}:
        raise ProgramError(f"operation is none of {', '.join(OPERATIONS)}")
    times = wish.get("times", 1)
    if isinstance(times, bool) or not isinstance(times, int) or times < 1:
        raise ProgramError("times is a whole number of at least 1")
    rule = Rule(operation, times, delay_ms=_milliseconds(wish) if "delay_ms" in wish else 0.0)
    if "error" in wish:
        rule.error = _error(wish["error"])
    elif wish.get("throttle"):
        rule.error = ServiceError("ThrottlingException")
    elif "labels" in wish:
        rule.operation, rule.labels = _of("DetectLabels", operation), [_label(item) for item in _list(wish["labels"])]
    elif "moderation" in wish:
        rule.operation = _of("DetectModerationLabels", operation)
        rule.labels = [_moderation(item) for item in _list(wish["moderation"])]
    elif "delay_ms" not in wish:
        raise ProgramError("one of error, throttle, labels, moderation, delay_ms is missing")
    return rule


def _error(wish: object) -> ServiceError:
    wish = {"code": wish} if isinstance(wish, str) else wish
    if not isinstance(wish, dict) or not isinstance(wish.get("code"), str):
        raise ProgramError("error needs a code")
    _only(wish, {"code", "message", "status"})
    status = wish.get("status")
    if status is not None and (not isinstance(status, int) or not 400 <= status <= 599):
        raise ProgramError("status is an HTTP status from 400 to 599")
    return ServiceError(wish["code"], wish.get("message"), status)


def _of(needed: str, asked: object) -> str:
    if asked not in {None, needed}:
        raise ProgramError(f"that answer is one of {needed}")
    return needed


def _list(wish: object) -> list[object]:
    if not isinstance(wish, list):
        raise ProgramError("labels and moderation are lists")
    return wish


def _label(wish: object) -> JsonObject:
    given = _named(wish)
    return {**general_label(given["Name"], _FORCED_CONFIDENCE), **given}


def _moderation(wish: object) -> JsonObject:
    given = _named(wish)
    parent = given.get("ParentName", "")
    level = 2 if parent else 1
    return {**moderation_label(given["Name"], _FORCED_CONFIDENCE, parent=parent, level=level), **given}


def _named(wish: object) -> JsonObject:
    given = {"Name": wish} if isinstance(wish, str) else wish
    if not isinstance(given, dict) or not isinstance(given.get("Name"), str):
        raise ProgramError("a label needs a Name")
    if not isinstance(given.get("Confidence", 0.0), int | float):
        raise ProgramError("a label's Confidence is a number")
    return given


def _milliseconds(wish: JsonObject) -> float:
    value = wish.get("delay_ms")
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ProgramError("delay_ms is a number of milliseconds, at least 0")
    return float(value)


def _only(wish: JsonObject, known: set[str]) -> None:
    unknown = sorted(wish.keys() - known)
    if unknown:
        raise ProgramError(f"unknown: {', '.join(unknown)}")
