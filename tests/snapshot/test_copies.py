"""Copies restored from one snapshot share nothing that must be each one's own. The snapshot is a process, initialised
and primed by its real hooks; a copy is that process once more (subject.py says how, and why no fork will do)."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache

import pytest

from tests.snapshot.cloud import running
from tests.snapshot.copies import Run, needs_same_pid, restored, unlike

MANY = 200


def ids(run: Run) -> None:
    unlike([*run.of("article_id"), *run.of("image_id")])


def random_numbers(run: Run) -> None:
    unlike(run.of("random"))


def jitter(run: Run) -> None:
    drawn = [tuple(draws) for draws in run.of("draws")]
    assert all(drawn), "no copy met a conflict"
    unlike(drawn)


def cursors(run: Run) -> None:
    unlike(run.of("cursor"))


def tokens_of_transactions(run: Run) -> None:
    sent = [request.body["ClientRequestToken"] for request in run.cloud.requests if "TransactItems" in request.body]
    unlike(sent)


def upload_keys(run: Run) -> None:
    fields = [upload["fields"] for upload in run.of("upload")]
    for name in ("key", "policy", "x-amz-signature"):
        unlike([part[name] for part in fields])


def tls_numbers(run: Run) -> None:
    unlike(run.of("tls"))


def nonces(run: Run) -> None:
    unlike(run.of("signature"))


def sockets(run: Run) -> None:
    for copy in run.copies:
        assert not set(copy["sockets"]) & set(run.parent["sockets"]), "a copy holds a connection of the snapshot"
    requests = run.cloud.requests
    before = {request.connection for request in requests[: run.before]}
    after = {request.connection for request in requests[run.before :]}
    assert not before & after, "a copy spoke through a connection of the snapshot"


def credentials(run: Run) -> None:
    assert run.own, "the snapshot's function was never used"
    signed = [request.access_key for request in run.cloud.requests[run.before :]]
    assert not set(signed) & set(run.own), "a copy signed with the snapshot's credentials"
    uploads = [upload["fields"]["x-amz-credential"].split("/")[0] for upload in run.of("upload")]
    assert not set(uploads) & set(run.own), "a copy signed a form with the snapshot's credentials"
    unlike(uploads)


NEVER_TWICE: list[Callable[[Run], None]] = [
    ids,
    random_numbers,
    jitter,
    cursors,
    tokens_of_transactions,
    upload_keys,
    sockets,
    credentials,
]
OPENSSL = [tls_numbers, nonces]


@pytest.fixture(scope="module")
def many() -> Iterator[Run]:
    """Of a snapshot whose function had been used: it had connections, credentials and a last id."""
    with running() as cloud:
        cloud.conflicts = True
        yield restored(cloud, copies=MANY, stop_clock=True, pause=1.1)


@pytest.mark.parametrize("check", NEVER_TWICE, ids=lambda check: check.__name__)
def test_no_two_copies_have_the_same(many: Run, check: Callable[[Run], None]) -> None:
    check(many)


@pytest.mark.parametrize("check", OPENSSL, ids=lambda check: check.__name__)
def test_no_two_copies_draw_the_same_from_openssl(many: Run, check: Callable[[Run], None]) -> None:
    needs_same_pid(many)
    check(many)


def test_a_snapshot_holds_no_connection_and_no_thread(many: Run) -> None:
    assert many.parent["left_sockets"] == []
    assert many.parent["left_threads"] == 1
    assert many.parent["sockets"], "nothing was opened again that copies could share"


def test_a_copys_times_are_its_own(many: Run) -> None:
    for copy in many.copies:
        second = datetime.fromtimestamp(int(copy["restored_at"]), UTC)
        assert datetime.fromisoformat(copy["created_at"]) >= second
        fields = copy["upload"]["fields"]
        assert datetime.strptime(fields["x-amz-date"], "%Y%m%dT%H%M%S%z") >= second
        expiration = json.loads(b64decode(fields["policy"]))["expiration"]
        assert datetime.fromisoformat(expiration) > second
    for request in many.cloud.requests[many.before :]:
        assert datetime.strptime(request.date, "%Y%m%dT%H%M%S%z").timestamp() >= int(many.copies[0]["restored_at"])


@pytest.mark.parametrize(
    ("left_out", "check"),
    [
        ("random", random_numbers),
        ("random", jitter),
        ("ids", ids),
        ("ids", cursors),
        ("ids", upload_keys),
        ("tls", tls_numbers),
        ("cryptography", nonces),
        ("connections", sockets),
        ("credentials", credentials),
        ("forget", sockets),
        ("forget", credentials),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_renewal_left_out_shows(without: Callable[[str], Run], left_out: str, check: Callable[[Run], None]) -> None:
    """Each check above can fail: it does where the hooks leave its renewal out."""
    run = without(left_out)
    if check in OPENSSL:
        needs_same_pid(run)
    with pytest.raises(AssertionError):
        check(run)


@pytest.fixture(scope="module")
def without() -> Callable[[str], Run]:
    @cache
    def run(left_out: str) -> Run:
        with running() as cloud:
            cloud.conflicts = True
            return restored(cloud, leave_out=left_out, stop_clock=True)

    return run
