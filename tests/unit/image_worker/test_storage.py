"""The buckets: an upload that comes in pieces, renditions that are written at the same time."""

import io
import threading
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from image_worker.deadline import Deadline, OutOfTimeError
from image_worker.storage import Media, Upload
from image_worker.threads import Threads
from tests.unit.image_worker.fakes import Clock, Context

FILES = {"large": b"large file", "thumbnail": b"small file"}


class FakeS3:
    def __init__(self, meet: int = 1) -> None:
        self.written: dict[str, bytes] = {}
        self.threads: set[str] = set()
        self.fails: str | None = None
        self._meeting = threading.Barrier(meet, timeout=10)

    def put_object(self, **request: Any) -> None:
        self._meeting.wait()
        self.threads.add(threading.current_thread().name)
        if self.fails and self.fails in request["Key"]:
            raise ReadTimeoutError(endpoint_url="https://s3")
        if self.fails:
            threading.Event().wait(0.05)  # the other one is still busy when the first has failed
        self.written[request["Key"].rsplit("/", 1)[1]] = request["Body"]


def media(client: Any, threads: Threads | None) -> Media:
    return Media(client, "media", threads)


def test_both_renditions_are_written_at_the_same_time() -> None:
    client, threads = FakeS3(meet=2), Threads(2, "call")
    media(client, threads).write("article", "image", "token", FILES)
    threads.close()
    assert client.written == {"large.jpg": b"large file", "thumbnail.jpg": b"small file"}


@pytest.mark.parametrize(("fails", "other"), [("large", "thumbnail.jpg"), ("thumbnail", "large.jpg")])
def test_where_one_fails_the_other_is_over_too(fails: str, other: str) -> None:
    client, threads = FakeS3(meet=2), Threads(2, "call")
    client.fails = fails
    with pytest.raises(ReadTimeoutError):
        media(client, threads).write("article", "image", "token", FILES)
    assert list(client.written) == [other]
    threads.close()


def test_without_threads_they_follow_each_other_in_the_callers() -> None:
    client = FakeS3()
    media(client, None).write("article", "image", "token", FILES)
    assert list(client.written) == ["large.jpg", "thumbnail.jpg"]
    assert client.threads == {threading.current_thread().name}


class Slow(io.BytesIO):
    """A body of which each piece takes a second."""

    def __init__(self, data: bytes, context: Context) -> None:
        super().__init__(data)
        self._context = context

    def read(self, size: int | None = -1) -> bytes:
        self._context.remaining[0] -= 1000
        return super().read(size)


def upload(size: int, context: Context) -> tuple[bytes, Upload]:
    data = bytes(range(256)) * (size // 256)
    return data, Upload("etag", len(data), Slow(data, context), Clock()(), None)  # type: ignore[arg-type] # all that read needs


def test_an_upload_is_read_whole() -> None:
    data, found = upload(1 << 20, Context())
    assert found.read() == data


def test_an_upload_that_comes_too_slowly_is_given_up_before_the_function_ends() -> None:
    context = Context([15_000])
    _, found = upload(1 << 20, context)
    with Deadline(context, Clock()).kept(closing=12), pytest.raises(OutOfTimeError):
        found.read()
    assert context.remaining[0] >= 12_000
