"""What strangers can see of the scenarios' pictures, looked at all the time."""

import threading
from contextlib import suppress

import requests

from tests.e2e.conftest import RunningStack
from tests.faults.proxy import FaultProxy
from tests.faults.subject import Subject


class Watch:
    """Looks all the time at what a stranger can see of each article, and what lies in the media bucket's way."""

    def __init__(self, stack: RunningStack, proxy: FaultProxy) -> None:
        self._anonymous = stack.api()
        self._proxy = proxy
        self._subjects: list[Subject] = []
        self._at_rest: set[str] = set()
        self._lock = threading.Lock()
        self._found: dict[str, list[str]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._go_round, daemon=True)

    def add(self, subject: Subject) -> None:
        self._subjects.append(subject)

    def subjects(self) -> list[Subject]:
        return [*self._subjects]

    def rest(self, subject: Subject) -> None:
        """Nothing more happens to it."""
        self._at_rest.add(subject.about)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()
        self._anonymous.close()

    def problems(self, subject: Subject) -> list[str]:
        """What was shown, or written where readers are served from, that should not have been."""
        writes = [call for call in self._proxy.calls_about(subject.about, "s3") if call.operation == "PutObject"]
        moderated_at = self._moderated_at(subject)
        early = not subject.repeated and any(moderated_at is None or call.at < moderated_at for call in writes)
        return [*self._found.get(subject.about, []), *["a rendition was written before moderation"] * early]

    def _moderated_at(self, subject: Subject) -> float | None:
        calls = self._proxy.calls_about(subject.about, "rekognition")
        times = [c.answered_at for c in calls if c.operation == "DetectModerationLabels" and c.status == 200]
        return min(times, default=None)

    def _go_round(self) -> None:
        while not self._stop.wait(1):
            for subject in self.subjects():
                if self._stop.is_set():
                    return
                if subject.about not in self._at_rest:
                    with suppress(requests.Timeout):  # a machine that is busy with something else
                        self.shows(subject)

    def shows(self, subject: Subject) -> bool:
        """Whether a stranger can see it now."""
        with self._lock:
            answer = self._anonymous.get(f"/articles/{subject.article_id}")
        images = answer.json()["images"] if answer.status_code == 200 else []
        for image in images:
            moderated = subject.repeated or self._moderated_at(subject) is not None
            if image["status"] != "ready" or not moderated:
                self._found.setdefault(subject.about, []).append(f"a stranger saw it while {image['status']}")
        return bool(images)
