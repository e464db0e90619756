"""When something is applied, when not, and what is written down. Terraform is a fake; S3 is moto's."""

import io
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.delivery import deploy, findings, releases, smoke
from local.delivery.deploy import Delivery
from local.delivery.publish import Publication, Published
from local.delivery.releases import Records, Release, new
from local.delivery.site import Site
from local.delivery.traffic import Target
from local.errors import LocalError
from local.layout import Layout

BUCKET = "gazette-terraform-state-123456789012-eu-west-1"
OLD, NEW = ({"api": f"r/api@sha256:{x}", "image_worker": f"r/worker@sha256:{x}"} for x in "ab")


class FakeRoot:
    """Terraform, where a plan is as empty as the test says."""

    def __init__(self, api_url: str, *, changes: bool) -> None:
        self.api_url = api_url
        self.changes = changes
        self.applied: list[dict[str, str]] = []
        self.locked: list[bool] = []
        self.variables: dict[str, str] = {}
        self.name = ""

    def __call__(self, name: str, _configuration: Path, _scratch: Path, _log: Path, variables: dict[str, str]) -> Any:
        self.name, self.variables = name, variables
        return self

    def init(self, backend: dict[str, str]) -> None:
        assert backend == {"bucket": BUCKET, "region": "eu-west-1"}

    def plan(self, *, lock: bool = True) -> bool:
        self.locked.append(lock)
        return self.changes

    def apply(self, _progress: Callable[[Any], None]) -> None:
        self.applied.append(self.variables)

    def show(self) -> None:
        """Prints nothing."""

    def forget(self) -> None:
        """Holds no plan."""

    def outputs(self) -> dict[str, Any]:
        return {"api_url": self.api_url, "repository_urls": {"api": "r/api", "image_worker": "r/worker"}}


class Api(BaseHTTPRequestHandler):
    """A stage that answers as it should, unless told to be ill."""

    ill = False
    answers = {"/health": {"status": "ok"}, "/openapi.json": {"openapi": "3.0.3"}, "/articles": {"items": []}}  # noqa: RUF012

    def do_GET(self) -> None:
        body = json.dumps(self.answers[self.path]).encode()
        self.send_response(500 if self.ill and self.path == "/articles" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Silent."""


@pytest.fixture
def api() -> Iterator[tuple[str, type[Api]]]:
    class OwnApi(Api):
        pass

    with ThreadingHTTPServer(("127.0.0.1", 0), OwnApi) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", OwnApi
        server.shutdown()
        thread.join()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("GAZETTE_STATE_BUCKET", raising=False)
    monkeypatch.delenv(smoke.ADDRESS, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(findings, "of", lambda _ecr, _reference: findings.Findings("ECR's scan found nothing"))
    monkeypatch.setattr(smoke, "PATIENCE", 0)
    with mock_aws():
        found = Site("123456789012", "eu-west-1", boto3.session.Session())
        found.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield found


def ran(site: Site, stage: str, *images: dict[str, str]) -> None:
    for one in images:
        with Records(site.s3, BUCKET, stage).applying(new("deploy", "arm64", one, {}, commit="c")):
            pass


def history(site: Site, stage: str) -> list[tuple[str, str, dict[str, str]]]:
    return [(one.kind, one.status, one.images) for one in Records(site.s3, BUCKET, stage).history]


def delivery(
    site: Site, tmp_path: Path, root: FakeRoot, *, approved: bool = True, accept_findings: bool = False
) -> Delivery:
    return Delivery(
        site,
        Layout(tmp_path),
        approved=approved,
        accept_findings=accept_findings,
        make_root=root,  # type: ignore[arg-type]
    )


def test_prod_gets_devs_newest_images_and_their_architecture(site: Site, tmp_path: Path, api: tuple[str, Any]) -> None:
    ran(site, "dev", OLD, NEW)
    root = FakeRoot(api[0], changes=True)

    delivery(site, tmp_path, root).deploy("prod")

    [variables] = root.applied
    assert root.name == "environments/prod"
    assert variables["images"] == '{api = "r/api@sha256:b", image_worker = "r/worker@sha256:b"}'
    assert variables["architecture"] == "arm64"
    assert history(site, "prod") == [("promotion", "succeeded", NEW)]


BASE = {"BASE_IMAGE": "r/python@sha256:c"}
CRITICAL = findings.Findings("ECR's scan found 1 critical", ("critical  CVE-2026-1",), stops=True)


def built(monkeypatch: pytest.MonkeyPatch, contents: dict[str, Path]) -> None:
    """Makes `deploy --stage dev` find these images built; `contents` lists what is in those that it built."""
    images = {image: Published(reference, "tag", contents.get(image)) for image, reference in NEW.items()}
    monkeypatch.setattr(deploy, "data_plane", lambda url, _ecr: url)
    monkeypatch.setattr(deploy, "publish", lambda _repositories, _architecture, _layout: Publication(images, BASE))


def test_a_release_and_its_promotion_name_the_base_by_digest(
    site: Site, tmp_path: Path, api: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    built(monkeypatch, {})

    delivery(site, tmp_path, FakeRoot(api[0], changes=True)).deploy("dev")
    delivery(site, tmp_path, FakeRoot(api[0], changes=True)).deploy("prod")

    assert Records(site.s3, BUCKET, "dev").history[-1].bases == BASE
    assert Records(site.s3, BUCKET, "prod").history[-1].bases == BASE


def test_what_is_in_an_image_that_was_built_is_kept_under_its_digest(
    site: Site, tmp_path: Path, api: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = tmp_path / "api.spdx.json"
    document.write_text("{}")
    built(monkeypatch, {"api": document})

    delivery(site, tmp_path, FakeRoot(api[0], changes=True)).deploy("dev")

    kept = site.s3.list_objects_v2(Bucket=BUCKET, Prefix="sboms/")["Contents"]
    assert [item["Key"] for item in kept] == ["sboms/api/b.spdx.json"]


def test_a_critical_finding_keeps_an_image_from_prod_and_is_shown(
    site: Site,
    tmp_path: Path,
    api: tuple[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran(site, "dev", NEW)
    monkeypatch.setattr(findings, "of", lambda _ecr, _reference: CRITICAL)
    root = FakeRoot(api[0], changes=True)

    with pytest.raises(LocalError, match=r"of api and image_worker keeps it from prod.*ACCEPT_FINDINGS=yes"):
        delivery(site, tmp_path, root).deploy("prod")

    assert root.applied == []
    assert history(site, "prod") == []
    assert "  api: ECR's scan found 1 critical\n    critical  CVE-2026-1\n" in capsys.readouterr().out


def test_a_critical_finding_that_somebody_accepts_goes_to_prod(
    site: Site, tmp_path: Path, api: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(site, "dev", NEW)
    monkeypatch.setattr(findings, "of", lambda _ecr, _reference: CRITICAL)

    delivery(site, tmp_path, FakeRoot(api[0], changes=True), accept_findings=True).deploy("prod")

    assert history(site, "prod") == [("promotion", "succeeded", NEW)]


def test_a_critical_finding_is_shown_in_dev_and_stops_nothing_there(
    site: Site,
    tmp_path: Path,
    api: tuple[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    built(monkeypatch, {})
    monkeypatch.setattr(findings, "of", lambda _ecr, _reference: CRITICAL)

    delivery(site, tmp_path, FakeRoot(api[0], changes=True)).deploy("dev")

    assert history(site, "dev") == [("deploy", "succeeded", NEW)]
    assert "critical  CVE-2026-1" in capsys.readouterr().out


def test_nothing_is_promoted_before_dev_has_run(site: Site, tmp_path: Path, api: tuple[str, Any]) -> None:
    with pytest.raises(LocalError, match="dev has had no successful release to promote"):
        delivery(site, tmp_path, FakeRoot(api[0], changes=True)).deploy("prod")


def test_an_empty_plan_is_not_applied_and_the_same_release_not_written_down_twice(
    site: Site, tmp_path: Path, api: tuple[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    ran(site, "dev", NEW)
    ran(site, "prod", NEW)
    root = FakeRoot(api[0], changes=False)

    delivery(site, tmp_path, root).deploy("prod")

    assert root.applied == []
    assert len(history(site, "prod")) == 1
    assert "The plan is empty" in capsys.readouterr().out


def test_a_release_that_failed_is_made_good_even_where_the_plan_is_empty(
    site: Site, tmp_path: Path, api: tuple[str, Any]
) -> None:
    ran(site, "dev", NEW)
    with (
        pytest.raises(RuntimeError),
        Records(site.s3, BUCKET, "prod").applying(new("deploy", "arm64", NEW, {}, commit="c")),
    ):
        raise RuntimeError
    root = FakeRoot(api[0], changes=False)

    delivery(site, tmp_path, root).deploy("prod")

    assert root.applied == []
    assert [status for _, status, _ in history(site, "prod")] == ["failed", "succeeded"]


def test_nothing_is_applied_or_written_down_without_a_yes(
    site: Site, tmp_path: Path, api: tuple[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(site, "dev", NEW)
    monkeypatch.setattr("sys.stdin", io.StringIO("yes"))  # not a terminal: nobody can be asked
    root = FakeRoot(api[0], changes=True)

    with pytest.raises(LocalError, match="APPROVE=yes"):
        delivery(site, tmp_path, root, approved=False).deploy("prod")

    assert root.applied == []
    assert history(site, "prod") == []


def test_a_release_that_does_not_answer_is_written_down_as_failed(
    site: Site, tmp_path: Path, api: tuple[str, type[Api]]
) -> None:
    ran(site, "dev", NEW)
    api[1].ill = True

    with pytest.raises(LocalError, match=r"/articles, which asks the table, answers 500"):
        delivery(site, tmp_path, FakeRoot(api[0], changes=True)).deploy("prod")

    assert history(site, "prod") == [("promotion", "failed", NEW)]


def test_a_rollback_applies_the_images_before(site: Site, tmp_path: Path, api: tuple[str, Any]) -> None:
    ran(site, "dev", OLD, NEW)
    root = FakeRoot(api[0], changes=True)

    delivery(site, tmp_path, root).rollback("dev")

    assert "sha256:a" in root.applied[0]["images"]
    assert history(site, "dev")[-1] == ("rollback", "succeeded", OLD)


def test_a_rollback_without_anything_before_is_refused(site: Site, tmp_path: Path, api: tuple[str, Any]) -> None:
    ran(site, "dev", NEW)

    with pytest.raises(LocalError, match="dev has no release with other images to go back to"):
        delivery(site, tmp_path, FakeRoot(api[0], changes=True)).rollback("dev")


def test_a_plan_for_review_takes_no_lock_and_changes_nothing(site: Site, tmp_path: Path, api: tuple[str, Any]) -> None:
    ran(site, "dev", NEW)
    root = FakeRoot(api[0], changes=True)

    delivery(site, tmp_path, root).plan("dev")

    assert root.locked == [False]
    assert root.applied == []
    assert len(history(site, "dev")) == 1


def test_a_plan_of_a_stage_that_never_ran_says_so(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    delivery(site, tmp_path, FakeRoot("", changes=True)).plan("prod")

    assert "prod has had no release yet" in capsys.readouterr().out


def test_an_architecture_that_lambda_has_not_is_refused_at_once(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHITECTURE", "amd64")

    with pytest.raises(LocalError, match="ARCHITECTURE is x86_64 or arm64, not amd64"):
        delivery(site, tmp_path, FakeRoot("", changes=True)).deploy("dev")


def test_without_a_state_bucket_the_command_that_makes_it_is_named(site: Site, tmp_path: Path) -> None:
    site.s3.delete_bucket(Bucket=BUCKET)

    with pytest.raises(LocalError, match="`make bootstrap`"):
        delivery(site, tmp_path, FakeRoot("", changes=True)).deploy("dev")


def test_the_smoke_test_can_be_sent_to_a_custom_domain(monkeypatch: pytest.MonkeyPatch) -> None:
    own = "https://a1b2c3.execute-api.eu-west-1.amazonaws.com/dev"
    monkeypatch.delenv(smoke.ADDRESS, raising=False)
    assert smoke.address(own) == own

    monkeypatch.setenv(smoke.ADDRESS, "http://127.0.0.1:4566/restapis/{id}/{stage}/_user_request_")
    assert smoke.address(own) == "http://127.0.0.1:4566/restapis/a1b2c3/dev/_user_request_"


def versioned(*images: dict[str, str], versions: list[dict[str, str]]) -> list[Release]:
    return [
        replace(new("deploy", "arm64", one, {}, commit="c", versions=held), status="succeeded", id=str(number))
        for number, (one, held) in enumerate(zip(images, versions, strict=True))
    ]


def test_where_codedeploy_moves_callers_a_rollback_undoes_a_change_of_configuration_too() -> None:
    history = versioned(OLD, NEW, NEW, versions=[{"api": "1"}, {"api": "2"}, {"api": "3"}])

    assert releases.before(history) == history[1]


def test_a_release_of_the_same_versions_is_none_to_go_back_to() -> None:
    history = versioned(OLD, NEW, NEW, versions=[{"api": "1"}, {"api": "2"}, {"api": "2"}])

    assert releases.before(history) == history[0]


def test_the_versions_of_the_newest_five_successes_are_kept() -> None:
    history = versioned(*[NEW] * 7, versions=[{"api": str(number)} for number in range(1, 8)])
    history[5] = replace(history[5], status="failed")

    assert releases.kept_versions(history, "api") == {"2", "3", "4", "5", "7"}
    assert releases.kept_versions(history, "worker") == set()


class Moves:
    """Stands in for Traffic, whose own tests are in test_traffic.py: notes what it is asked for."""

    def __init__(self, *, fails: bool = False, gone: bool = False, waiting: bool = False) -> None:
        self.moved: list[tuple[dict[str, str], bool, bool]] = []
        self.pruned: list[tuple[str, set[str]]] = []
        self._fails, self._gone, self._waiting = fails, gone, waiting

    def waiting(self, wanted: list[Target]) -> list[Target]:
        return wanted if self._waiting else []

    def earlier(self, published: list[Target], versions: dict[str, str]) -> list[Target] | None:
        return None if self._gone else [replace(one, version=versions[one.key]) for one in published]

    def move(self, wanted: list[Target], *, at_once: bool, ignore_alarms: bool) -> None:
        self.moved.append(({one.key: one.version for one in wanted}, at_once, ignore_alarms))
        if self._fails:
            raise LocalError("CodeDeploy did not release api")

    def prune(self, one: Target, keep: set[str]) -> list[str]:
        self.pruned.append((one.key, keep))
        return []


class ReleasingRoot(FakeRoot):
    """A stage whose function is at version 7, by CodeDeploy."""

    def outputs(self) -> dict[str, Any]:
        one = {"function": "f", "alias": "live", "version": "7", "application": "a", "deployment_group": "api"}
        return super().outputs() | {"releases": {"api": one}}


def releasing(site: Site, tmp_path: Path, root: FakeRoot, moves: Moves) -> Delivery:
    found = delivery(site, tmp_path, root)
    found._traffic = moves  # type: ignore[assignment]
    return found


def test_a_deploy_releases_what_the_apply_published_writes_it_down_and_tidies_up(
    site: Site, tmp_path: Path, api: tuple[str, Any]
) -> None:
    ran(site, "dev", NEW)
    moves = Moves()

    releasing(site, tmp_path, ReleasingRoot(api[0], changes=True), moves).deploy("prod")

    assert moves.moved == [({"api": "7"}, False, False)]
    assert moves.pruned == [("api", {"7"})]
    assert Records(site.s3, BUCKET, "prod").history[-1].versions == {"api": "7"}


def test_a_release_that_was_taken_back_is_a_failed_one_and_removes_nothing(
    site: Site, tmp_path: Path, api: tuple[str, Any]
) -> None:
    ran(site, "dev", NEW)
    moves = Moves(fails=True)

    with pytest.raises(LocalError, match="did not release api"):
        releasing(site, tmp_path, ReleasingRoot(api[0], changes=True), moves).deploy("prod")

    assert history(site, "prod") == [("promotion", "failed", NEW)]
    assert moves.pruned == []


def test_what_was_published_and_never_released_is_released_though_the_plan_is_empty(
    site: Site, tmp_path: Path, api: tuple[str, Any]
) -> None:
    ran(site, "dev", NEW)
    ran(site, "prod", NEW)
    moves = Moves(waiting=True)
    root = ReleasingRoot(api[0], changes=False)

    releasing(site, tmp_path, root, moves).deploy("prod")

    assert moves.moved == [({"api": "7"}, False, False)]
    assert root.applied == []


def test_a_rollback_moves_callers_to_the_versions_before_at_once_and_applies_nothing(
    site: Site, tmp_path: Path, api: tuple[str, Any]
) -> None:
    for images, versions in ((OLD, {"api": "6"}), (NEW, {"api": "7"})):
        with Records(site.s3, BUCKET, "prod").applying(new("deploy", "arm64", images, {}, commit="c")) as known:
            known.update(versions)
    moves = Moves()
    root = ReleasingRoot(api[0], changes=True)

    releasing(site, tmp_path, root, moves).rollback("prod")

    assert moves.moved == [({"api": "6"}, True, True)]
    assert root.applied == []
    last = Records(site.s3, BUCKET, "prod").history[-1]
    assert (last.kind, last.status, last.images, last.versions) == ("rollback", "succeeded", OLD, {"api": "6"})


@pytest.mark.parametrize("gone", [False, True])
def test_a_rollback_that_was_interrupted_is_gone_on_with_and_one_that_ended_goes_further_back(
    site: Site, tmp_path: Path, api: tuple[str, Any], gone: bool
) -> None:
    for version, images in (("5", NEW), ("6", OLD), ("7", NEW)):
        with Records(site.s3, BUCKET, "prod").applying(new("deploy", "arm64", images, {}, commit=version)) as known:
            known["api"] = version
    root = ReleasingRoot(api[0], changes=True)

    with pytest.raises(LocalError):
        releasing(site, tmp_path, root, Moves(fails=True, gone=gone)).rollback("prod")
    assert releases.before(Records(site.s3, BUCKET, "prod").history).commit == "6"  # type: ignore[union-attr]

    releasing(site, tmp_path, root, Moves(gone=gone)).rollback("prod")
    assert releases.before(Records(site.s3, BUCKET, "prod").history).commit == "5"  # type: ignore[union-attr]


def test_a_rollback_whose_versions_are_gone_applies_the_images_and_releases_them_at_once(
    site: Site, tmp_path: Path, api: tuple[str, Any]
) -> None:
    ran(site, "prod", OLD, NEW)
    moves = Moves(gone=True)
    root = ReleasingRoot(api[0], changes=True)

    releasing(site, tmp_path, root, moves).rollback("prod")

    assert "sha256:a" in root.applied[0]["images"]
    assert moves.moved == [({"api": "7"}, True, True)]
