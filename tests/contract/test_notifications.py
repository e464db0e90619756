"""docs/notifications.md and its schema agree with each other and with the worker; what the page tells to run, runs."""

import ast
import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from jsonschema import Draft202012Validator, ValidationError

from articles.model import FINISHED, MAX_BOXES_PER_LABEL, MAX_LABELS_PER_IMAGE
from tests.image_events import SCHEMA, check_message

CHECKOUT = Path(__file__).parents[2]
PAGE = (CHECKOUT / "docs" / "notifications.md").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]
TYPES = {f"image.{status.value}" for status in FINISHED}

# The schema


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_there_is_an_example_of_every_type_and_all_fit_the_schema() -> None:
    assert {example["type"] for example in EXAMPLES} == set(SCHEMA["properties"]["type"]["enum"]) == TYPES
    for example in EXAMPLES:
        check_message(example)


def test_terraform_knows_the_same_types() -> None:
    folder = CHECKOUT / "terraform" / "modules" / "image_pipeline"
    [known] = re.findall(r"image_event_types = (\[.*\])", (folder / "subscriptions.tf").read_text())
    defaults = re.findall(r"types\s+= optional\(set\(string\), (\[.*\])\)", (folder / "variables.tf").read_text())

    assert [set(json.loads(listed)) for listed in [known, *defaults]] == [TYPES] * 3


def test_the_schema_has_room_for_what_the_worker_keeps() -> None:
    assert SCHEMA["properties"]["labels"]["maxItems"] == MAX_LABELS_PER_IMAGE
    assert SCHEMA["$defs"]["label"]["properties"]["boxes"]["maxItems"] == MAX_BOXES_PER_LABEL


@pytest.mark.parametrize(
    "change",
    [
        {"type": "image.deleted"},
        {"id": None},
        {"id": "01K5A0Q8J4W3ZC6V9N2T7XHRMU"},  # no U in Crockford's base 32
        {"time": "2026-05-01T12:00:00Z"},
        {"time": "2026-13-01T12:00:00.000Z"},
        {"labels": [], "error": {"code": "corrupt", "message": "It is damaged."}},
        {"moderation": [{"name": "Weapons", "parent": "Violence", "confidence": 88}]},
        {"labels": [{"name": "Dog", "confidence": 101, "parents": [], "boxes": []}]},
        {"labels": [{"name": "Dog", "confidence": 97, "parents": []}]},
        {"urls": {}},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_not_a_ready_image(change: dict[str, Any]) -> None:
    [ready] = [example for example in EXAMPLES if example["type"] == "image.ready"]

    with pytest.raises(ValidationError):
        check_message({**ready, **change})


@pytest.mark.parametrize(("kind", "field"), [("ready", "labels"), ("rejected", "moderation"), ("failed", "error")])
def test_each_type_has_its_own_field(kind: str, field: str) -> None:
    [example] = [example for example in EXAMPLES if example["type"] == f"image.{kind}"]

    with pytest.raises(ValidationError):
        check_message({name: value for name, value in example.items() if name != field})


def test_consumers_may_meet_new_fields() -> None:
    Draft202012Validator(SCHEMA).validate({**EXAMPLES[0], "new": True})


def test_every_error_code_of_the_worker_is_explained() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (CHECKOUT / "services" / "image_worker").glob("*.py")]
    raised = {
        node.args[0].value
        for source in sources
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("PictureError", "Failure")
        and node.args
        and isinstance(node.args[0], ast.Constant)
    }
    table = PAGE.partition("| `error.code` |")[2].partition("\n\n")[0]
    explained = {code for row in table.splitlines()[2:] for code in re.findall(r"`(\w+)`", row.split("|")[1])}

    assert "unsupported_format" in raised
    assert raised <= explained
    assert [code for code in explained if f'"{code}"' not in "".join(sources)] == [], "explained, but never used"


# The webhook of the page

TOPIC_ARN = "arn:aws:sns:eu-west-1:111122223333:gazette-prod-image-events"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"
SUBSCRIBE_URL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription"
ORDER = ["Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type"]
"""What SNS signs, in byte order of the names: of what an envelope has, and never `UnsubscribeURL`."""


class Sns:
    """Signs as SNS does (developer guide, "Verifying the signatures of Amazon SNS messages"), with a key of its own."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "sns.amazonaws.com")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder(name, name, self.key.public_key(), 1, now, now + timedelta(days=1))
            .sign(self.key, SHA256())
            .public_bytes(Encoding.PEM)
        )
        self.fetched: list[str] = []

    def fetch(self, url: str) -> bytes:
        self.fetched.append(url)
        return {CERTIFICATE_URL: self.certificate, SUBSCRIBE_URL: b""}[url]

    def signed(self, **fields: str) -> dict[str, str]:
        envelope = {
            "Type": "Notification",
            "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b",
            "TopicArn": TOPIC_ARN,
            "Message": json.dumps(EXAMPLES[0]),
            "Timestamp": "2026-05-01T12:00:00.000Z",
            **fields,
        }
        text = "".join(f"{name}\n{envelope[name]}\n" for name in ORDER if name in envelope)
        signature = base64.b64encode(self.key.sign(text.encode(), padding.PKCS1v15(), SHA256())).decode()
        return {"SignatureVersion": "2", "SigningCertURL": CERTIFICATE_URL, **envelope, "Signature": signature}


@pytest.fixture(scope="module")
def sns() -> Sns:
    return Sns()


@pytest.fixture
def receive(sns: Sns) -> Callable[[dict[str, str]], Any]:
    """The page's `receive`, which reaches this SNS instead of the internet."""
    [code] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/notifications.md", "exec"), names)  # noqa: S102 - it is ours
    names["fetch"] = sns.fetch
    sns.fetched.clear()
    return lambda envelope: names["receive"](json.dumps(envelope).encode())


def test_the_webhook_takes_what_sns_signed(sns: Sns, receive: Callable[[dict[str, str]], Any]) -> None:
    assert receive(sns.signed()) == EXAMPLES[0]
    assert receive(sns.signed(Subject="A subject")) == EXAMPLES[0]


def test_the_webhook_confirms_the_subscription(sns: Sns, receive: Callable[[dict[str, str]], Any]) -> None:
    assert receive(sns.signed(Type="SubscriptionConfirmation", Token="t", SubscribeURL=SUBSCRIBE_URL)) is None
    assert sns.fetched == [CERTIFICATE_URL, SUBSCRIBE_URL]


@pytest.mark.parametrize("field", ["Message", "MessageId", "Timestamp"])
def test_the_webhook_refuses_what_was_changed_on_the_way(
    sns: Sns, receive: Callable[[dict[str, str]], Any], field: str
) -> None:
    with pytest.raises(InvalidSignature):
        receive(sns.signed() | {field: "{}"})


def test_the_webhook_does_not_follow_a_forged_confirmation(sns: Sns, receive: Callable[[dict[str, str]], Any]) -> None:
    forged = sns.signed(Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://example.org/")

    with pytest.raises(InvalidSignature):
        receive(forged | {"SubscribeURL": SUBSCRIBE_URL})
    assert sns.fetched == [CERTIFICATE_URL]


@pytest.mark.parametrize(
    "fields",
    [
        {"SigningCertURL": "https://example.org/SimpleNotificationService-0123abcd.pem"},
        {"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.example.org/SimpleNotificationService-0123abcd.pem"},
        {"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123abcd.pem"},
        {"TopicArn": "arn:aws:sns:eu-west-1:444455556666:gazette-prod-image-events"},
        {"SignatureVersion": "1"},
        {"Type": "Other"},
    ],
    ids=str,
)
def test_the_webhook_asks_nobody_else_for_a_certificate(
    sns: Sns, receive: Callable[[dict[str, str]], Any], fields: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="not "):
        receive(sns.signed(**fields))
    assert sns.fetched == []
