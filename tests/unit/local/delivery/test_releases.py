"""What ran in a stage: what is promoted, what is gone back to, and that two deploys cannot pass each other."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from local.delivery.releases import ConflictError, Records, Release, before, newest_success
from local.errors import LocalError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

BUCKET = "state"


def release(name: str, code: str, *, kind: str = "deploy", status: str = "succeeded", of: str | None = None) -> Release:
    return Release(
        id=name,
        at="2026-01-01T00:00:00Z",
        by="somebody",
        kind=kind,  # type: ignore[arg-type]
        status=status,  # type: ignore[arg-type]
        architecture="x86_64",
        images={"api": f"registry/api@sha256:{code}"},
        tags={"api": code},
        of=of,
    )


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator["S3Client"]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


def test_a_stage_that_never_ran_has_nothing_to_promote_or_go_back_to() -> None:
    assert newest_success([]) is None
    assert before([]) is None
    assert before([release("1", "a")]) is None


def test_the_newest_success_is_promoted_and_not_what_failed_after_it() -> None:
    history = [release("1", "a"), release("2", "b"), release("3", "c", status="failed")]

    assert newest_success(history) == history[1]


def test_a_rollback_goes_to_the_newest_success_with_other_images() -> None:
    history = [release("1", "a"), release("2", "b"), release("3", "b"), release("4", "b", status="failed")]

    assert before(history) == history[0]


def test_a_rollback_never_goes_to_what_failed() -> None:
    history = [release("1", "a"), release("2", "b", status="failed"), release("3", "c")]

    assert before(history) == history[0]


def test_after_a_failed_release_the_one_that_ran_before_it_is_gone_back_to() -> None:
    history = [release("1", "a"), release("2", "b", status="failed")]

    assert before(history) == history[0]


def test_a_second_rollback_goes_further_back_and_not_forward_again() -> None:
    history = [release("1", "a"), release("2", "b"), release("3", "c"), release("4", "b", kind="rollback", of="2")]

    assert before(history) == history[0]
    assert before([*history, release("5", "a", kind="rollback", of="1")]) is None


def test_a_deploy_after_a_rollback_can_be_rolled_back_too() -> None:
    history = [release("1", "a"), release("2", "b"), release("3", "a", kind="rollback", of="1"), release("4", "c")]

    assert before(history) == history[2]


def test_a_release_is_written_down_before_and_after_it_is_applied(s3: "S3Client") -> None:
    records = Records(s3, BUCKET, "dev")
    with records.applying(release("1", "a", status="applying")):
        assert [one.status for one in Records(s3, BUCKET, "dev").history] == ["applying"]

    assert Records(s3, BUCKET, "dev").history == [release("1", "a")]
    document = json.loads(s3.get_object(Bucket=BUCKET, Key="releases/dev.json")["Body"].read())
    assert document["releases"][0]["images"] == {"api": "registry/api@sha256:a"}


def test_a_release_whose_apply_fails_is_written_down_as_failed(s3: "S3Client") -> None:
    with pytest.raises(RuntimeError), Records(s3, BUCKET, "dev").applying(release("1", "a", status="applying")):
        raise RuntimeError

    assert [one.status for one in Records(s3, BUCKET, "dev").history] == ["failed"]


@pytest.mark.parametrize("has_history", [False, True])
def test_of_two_deploys_that_begin_together_one_is_refused_before_it_applies(s3: "S3Client", has_history: bool) -> None:
    if has_history:
        with Records(s3, BUCKET, "dev").applying(release("0", "z", status="applying")):
            pass
    one, other = Records(s3, BUCKET, "dev"), Records(s3, BUCKET, "dev")
    applied = []
    with one.applying(release("1", "a", status="applying")):
        with pytest.raises(ConflictError, match="Another deploy of dev has begun meanwhile"):  # noqa: SIM117
            with other.applying(release("2", "b", status="applying")):
                applied.append("2")
        applied.append("1")

    assert applied == ["1"]
    assert Records(s3, BUCKET, "dev").history[-1] == release("1", "a")


def test_a_deploy_under_way_is_waited_for_unless_it_is_taken_over(s3: "S3Client") -> None:
    with Records(s3, BUCKET, "dev").applying(release("1", "a", status="applying")):
        later = Records(s3, BUCKET, "dev")
        with pytest.raises(LocalError, match="TAKE_OVER=yes"):
            later.refuse_while_applying(take_over=False)
        later.refuse_while_applying(take_over=True)


def test_stages_know_nothing_of_each_other(s3: "S3Client") -> None:
    with Records(s3, BUCKET, "dev").applying(release("1", "a", status="applying")):
        pass

    assert Records(s3, BUCKET, "prod").history == []


def test_a_document_that_is_no_record_is_not_overwritten(s3: "S3Client") -> None:
    s3.put_object(Bucket=BUCKET, Key="releases/dev.json", Body=b'{"releases": [{}]}')

    with pytest.raises(LocalError, match=r"s3://state/releases/dev\.json is no release record"):
        Records(s3, BUCKET, "dev")
