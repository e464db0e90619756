"""What ran in a stage, and since when: the record that promotion and rollback go by.

One JSON document a stage in the state bucket, `releases/<stage>.json`, oldest release first. S3's conditional writes
keep two deploys apart: whoever has not read the newest document cannot write the next one.
"""

import getpass
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from botocore.exceptions import ClientError

from local.errors import LocalError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

KEPT_RELEASES = 5  # how far a rollback can go back without publishing again; Lambda bills snapshots of versions

Kind = Literal["deploy", "promotion", "rollback"]
Status = Literal["applying", "succeeded", "failed"]


@dataclass(frozen=True)
class Release:
    """A stage's images at one time: `repository@sha256:…` by image, and the content tag that each was pushed with.

    `of` is the release whose images these are: dev's for a promotion, an earlier one of the same stage for a rollback.
    `bases` names, by digest, what the images were built on, and `versions` what each function was at in the end, where
    CodeDeploy moves callers, by the keys of Terraform's output `releases`; older records have neither.
    """

    id: str
    at: str
    by: str
    kind: Kind
    status: Status
    architecture: str
    images: dict[str, str]
    tags: dict[str, str]
    commit: str | None = None
    of: str | None = None
    bases: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


def new(
    kind: Kind,
    architecture: str,
    images: dict[str, str],
    tags: dict[str, str],
    *,
    commit: str | None,
    of: str | None = None,
    bases: Mapping[str, str] | None = None,
    versions: Mapping[str, str] | None = None,
) -> Release:
    """A release that is about to be applied."""
    now = datetime.now(UTC)
    return Release(
        id=f"{now:%Y%m%dT%H%M%S.%fZ}",
        at=f"{now:%Y-%m-%dT%H:%M:%SZ}",
        by=os.environ.get("GITHUB_ACTOR") or getpass.getuser(),
        kind=kind,
        status="applying",
        architecture=architecture,
        images=images,
        tags=tags,
        commit=commit,
        of=of,
        bases=dict(bases or {}),
        versions=dict(versions or {}),
    )


def newest_success(history: Sequence[Release]) -> Release | None:
    """The last release that ran and answered; None where there is none."""
    return next((release for release in reversed(history) if release.status == "succeeded"), None)


def kept_versions(history: Sequence[Release], key: str) -> set[str]:
    """The versions of a function that a rollback may still want: those of the newest releases that succeeded."""
    succeeded = [release for release in history if release.status == "succeeded"]
    return {release.versions[key] for release in succeeded[-KEPT_RELEASES:] if key in release.versions}


def before(history: Sequence[Release]) -> Release | None:
    """The release to roll back to: the newest that succeeded, with other images than those in service, or with other
    versions of the functions where CodeDeploy moved callers to them. None where there is none.

    After a rollback, it is looked for before the release that was gone back to: a second rollback goes further back,
    and never forward to what was just left. One that was interrupted before CodeDeploy had moved all callers, and so
    has no versions, is gone on with.
    """
    if not history:
        return None
    current = history[-1]
    earlier = list(history[:-1])
    if current.kind == "rollback":
        places = [place for place, release in enumerate(history) if release.id == current.of]
        earlier = list(history[: places[0]]) if places else []
        if places and current.status != "succeeded" and history[places[0]].versions and not current.versions:
            return history[places[0]]
    return next(
        (old for old in reversed(earlier) if old.status == "succeeded" and _differ(old, current)),
        None,
    )


def _differ(old: Release, current: Release) -> bool:
    both_known = old.versions and current.versions
    return old.versions != current.versions if both_known else old.images != current.images


class ConflictError(LocalError):
    """Somebody else has written the record since it was read."""


class Records:
    """The release record of one stage. Reads it when it is made."""

    def __init__(self, s3: "S3Client", bucket: str, stage: str) -> None:
        """Takes the state bucket.

        Raises:
            LocalError: the record is not one that this program writes.
        """
        self._s3 = s3
        self._bucket = bucket
        self._key = f"releases/{stage}.json"
        self._stage = stage
        self._etag: str | None = None
        self.history: list[Release] = []
        try:
            answer = s3.get_object(Bucket=bucket, Key=self._key)
        except s3.exceptions.NoSuchKey:
            return
        self._etag = answer["ETag"]
        try:
            self.history = [Release(**release) for release in json.loads(answer["Body"].read())["releases"]]
        except (ValueError, KeyError, TypeError) as error:
            raise LocalError(f"s3://{bucket}/{self._key} is no release record: {error}.") from error

    def refuse_while_applying(self, *, take_over: bool) -> None:
        """Stops here while another deploy of the stage is under way.

        Raises:
            LocalError: it is, or it was killed before it could say how it ended.
        """
        last = self.history[-1] if self.history else None
        if last and last.status == "applying" and not take_over:
            raise LocalError(
                f"A {last.kind} of {self._stage} that {last.by} began at {last.at} is still applying: wait for it, or, "
                "should it have been killed, run again with TAKE_OVER=yes."
            )

    @contextmanager
    def applying(self, release: Release) -> Iterator[dict[str, str]]:
        """Writes the release down before anything is applied, and afterwards how it ended, with the versions that the
        caller put into what this gives.

        Raises:
            ConflictError: another deploy was faster; nothing has been applied.
        """
        self._write([*self.history, release])
        versions = dict(release.versions)
        try:
            yield versions
        except BaseException:
            self._write([*self.history[:-1], replace(release, status="failed", versions=versions)])
            raise
        self._write([*self.history[:-1], replace(release, status="succeeded", versions=versions)])

    def _write(self, history: list[Release]) -> None:
        body = json.dumps({"version": 1, "releases": [asdict(release) for release in history]}, indent=1).encode()
        common = {"Bucket": self._bucket, "Key": self._key, "Body": body, "ContentType": "application/json"}
        condition = {"IfMatch": self._etag} if self._etag else {"IfNoneMatch": "*"}
        try:
            answer = self._s3.put_object(**common, **condition)  # type: ignore[arg-type]
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] in (409, 412):
                raise ConflictError(
                    f"Another deploy of {self._stage} has begun meanwhile: look at what it does first."
                ) from error
            raise
        self._etag = answer["ETag"]
        self.history = history
