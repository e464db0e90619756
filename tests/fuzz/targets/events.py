"""The worker's event parser: any body asks for work or is poison, and says so quickly."""

import json

from articles.ids import is_id
from articles.jobs import Job, JobKind
from image_worker.events import UploadArrived, work_in
from image_worker.failures import PoisonError
from tests.fuzz.bounds import within_seconds
from tests.unit.image_worker import events

ARTICLE, IMAGE = "01JD9Z6M3T8Q4V7W2X5Y1Z0ABC", "01JD9Z6M3T8Q4V7W2X5Y1Z0ABD"
LONGEST = 16_384
WORDS = [
    *(b'"job"', b'"article_id"', b'"image_id"', b'"process_image"', b'"purge_article"', b'"Records"', b'"s3"'),
    *(b'"object"', b'"bucket"', b'"key"', b'"sequencer"', b'"eventName"', b'"Event"', b'"s3:TestEvent"', b"%2F"),
    *(b'"ObjectCreated:', b"uploads/", ARTICLE.encode(), b"\\ud800", b"null", b"1e999", b"NaN", b"[[[[[[[[", b'{"a":'),
]


def seeds() -> dict[str, bytes]:
    key = f"uploads/{ARTICLE}/{IMAGE}"
    jobs = [Job(kind, ARTICLE, None if kind.endswith("article") else IMAGE) for kind in JobKind]
    bodies = {f"job-{job.kind}": job.to_message() for job in jobs} | {
        "s3": events.s3_body(key),
        "s3-two": json.dumps({"Records": [events.s3_record(key), events.s3_record(key, None)]}),
        "s3-encoded": events.s3_body(key).replace("/", "%2F"),
        "s3-removed": events.s3_body(key, eventName="ObjectRemoved:Delete"),
        "s3-other-bucket": events.s3_body(key, bucket="another"),
        "s3-test-event": '{"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "uploads"}',
        "deep": '{"Records":' + "[" * 3000 + "]" * 3000 + "}",
        "deep-id": '{"job":"process_image","article_id":' + "[" * 985 + "]" * 985 + "}",
        "long-number": '{"job":' + "9" * 5000 + "}",
        "half-a-pair": '{"job":"process_image","article_id":"\\ud800","image_id":"\\udfff"}',
    }
    return {name: body.encode() for name, body in bodies.items()}


def check(data: bytes) -> None:
    """As the bytes are, and as text in which anything may stand."""
    for body in (data, data.decode("utf-8", "surrogateescape")):
        with within_seconds(1):
            try:
                found = work_in(body, events.UPLOADS_BUCKET)  # type: ignore[arg-type] # more than it promises
            except PoisonError:
                continue
        for work in found:
            assert is_id(work.article_id)
            if isinstance(work, UploadArrived):
                assert is_id(work.image_id)
                assert work.sequencer is None or len(work.sequencer) >= 32
            else:
                assert work.image_id is None or is_id(work.image_id)
                assert [work] == work_in(work.to_message(), events.UPLOADS_BUCKET)
