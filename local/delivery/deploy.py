"""What the commands do, step by step."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from botocore.exceptions import ClientError

from local.delivery import findings, releases, roots, site, smoke
from local.delivery.publish import publish
from local.delivery.registry import data_plane
from local.delivery.releases import Records, Release
from local.delivery.roots import TERRAFORM, Root
from local.delivery.site import Site
from local.delivery.traffic import Target, Traffic, targets
from local.errors import LocalError
from local.images.architecture import PLATFORMS, of_this_machine
from local.images.functions import FUNCTIONS
from local.layout import CHECKOUT, Layout
from local.steps import step

BUILT_IN = "dev"
STAGES = (BUILT_IN, "prod")
_BOOTSTRAP_STATE = "gazette/bootstrap.tfstate"
_BACKEND = f"""terraform {{
  backend "s3" {{
    key          = "{_BOOTSTRAP_STATE}"
    encrypt      = true
    use_lockfile = true
  }}
}}
"""


def destination() -> Site:
    """Looks at the tools, the credentials and the account.

    Raises:
        LocalError: what is missing.
    """
    with step("Terraform, credentials, account"):
        roots.check()
        found = site.current()
    print(f"  account {found.account}, region {found.region}", flush=True)
    return found


class Delivery:
    """One run of a command: where it goes, where its files are, and what it may do without asking."""

    def __init__(
        self,
        where: Site,
        layout: Layout,
        *,
        approved: bool = False,
        take_over: bool = False,
        accept_findings: bool = False,
        accept_alarms: bool = False,
        make_root: Callable[..., Root] = Root,
    ) -> None:
        """Takes what runs Terraform, for tests."""
        layout.create()
        self._site = where
        self._scratch = layout.root / "delivery"
        self._layout = layout
        self._log = layout.log("delivery")
        self._log.write_text("")
        self._approved = approved
        self._take_over = take_over
        self._accept_findings = accept_findings
        self._accept_alarms = accept_alarms
        self._traffic = Traffic(where.lambda_, where.codedeploy)
        self._make_root = make_root

    def bootstrap(self) -> None:
        """Makes the state bucket, or brings it up to date; its own state lies in it."""
        here = self._scratch / "bootstrap"
        configuration = here / "configuration"
        # A copy: the backend is added to it once there is a bucket for it to lie in.
        shutil.copytree(
            TERRAFORM / "bootstrap",
            configuration,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"),
        )
        backend = configuration / "backend_override.tf"
        root = self._make_root("bootstrap", configuration, here, self._log, {"region": self._site.region})
        exists = self._site.has_state_bucket()
        remembered = exists and "Contents" in self._site.s3.list_objects_v2(
            Bucket=self._site.state_bucket, Prefix=_BOOTSTRAP_STATE
        )
        if not remembered:
            backend.unlink(missing_ok=True)
            if exists and not (configuration / "terraform.tfstate").exists():
                raise LocalError(
                    f"The bucket {self._site.state_bucket} is there, yet no state of terraform/bootstrap: whoever made "
                    "it looks after it, and this command does not."
                )
            with step("terraform init (bootstrap)"):
                root.init({})
            self._converge(root, "the state bucket")
        backend.write_text(_BACKEND)
        if remembered:
            with step("terraform init (bootstrap)"):
                root.init(self._backend())
            self._converge(root, "the state bucket")
        else:
            with step("the bucket's own state, into it"):
                root.migrate(self._backend())
        for left in configuration.glob("terraform.tfstate*"):
            left.unlink()

    def deploy(self, stage: str) -> None:
        """Brings this checkout to dev, or dev's newest digests to prod."""
        self._require_state_bucket()
        records = Records(self._site.s3, self._site.state_bucket, stage)
        records.refuse_while_applying(take_over=self._take_over)
        release = self._built() if stage == BUILT_IN else self._promoted()
        self._look_at_findings(stage, release)
        self._release(stage, records, release, self._stage(stage, release))

    def _look_at_findings(self, stage: str, release: Release) -> None:
        """Shows what ECR's scan found in the images. In prod, a critical finding stops here, and so does a scan that
        has not ended; a rollback never does."""
        stops = []
        for image, reference in release.images.items():
            found = findings.of(self._site.ecr, reference)
            print(f"  {image}: {found.text}", flush=True)
            for line in found.worst:
                print(f"    {line}", flush=True)
            if found.stops:
                stops.append(image)
        if stops and stage != BUILT_IN and not self._accept_findings:
            raise LocalError(
                f"What is said above of {' and '.join(stops)} keeps it from {stage}: build it on a newer base, or, "
                "where somebody has looked at every finding, ACCEPT_FINDINGS=yes."
            )

    def rollback(self, stage: str) -> None:
        """Goes back to the release before the one in service, at once and whatever the alarms say."""
        # Where its versions of the functions are still there, callers are moved to these, and nothing is applied.
        # Otherwise its images are; the configuration stays this checkout's.
        self._require_state_bucket()
        records = Records(self._site.s3, self._site.state_bucket, stage)
        records.refuse_while_applying(take_over=self._take_over)
        old = releases.before(records.history)
        if old is None:
            raise LocalError(f"{stage} has no release with other images to go back to.")
        print(f"  back to the release of {old.at} (commit {_short(old.commit)})", flush=True)
        release = releases.new(
            "rollback", old.architecture, old.images, old.tags, commit=old.commit, of=old.id, bases=old.bases
        )
        root = self._stage(stage, release)
        back = self._traffic.earlier(targets(root.outputs()), old.versions)
        if back is None:
            self._release(stage, records, release, root, at_once=True)
            return
        print("  " + ", ".join(f"{one.key} {one.version}" for one in back), flush=True)
        self._ask(root, f"Move all callers in {stage} back to these versions, at once")
        with records.applying(release) as versions:
            self._traffic.move(back, at_once=True, ignore_alarms=True)
            versions.update({one.key: one.version for one in back})  # not before: releases.before goes by it
            url = self._smoke(root)
        self._tell(stage, release, url)

    def plan(self, stage: str) -> None:
        """Shows what this checkout would change in a stage around the images that it runs. Changes nothing."""
        self._require_state_bucket()
        newest = releases.newest_success(Records(self._site.s3, self._site.state_bucket, stage).history)
        if newest is None:
            print(f"{stage} has had no release yet, so no images to plan with: `make deploy STAGE={stage}`.")
            return
        root = self._stage(stage, newest)
        with step("terraform plan"):
            changes = root.plan(lock=False)  # whoever may only read cannot write a lock
        if changes:
            root.show()
        else:
            print("The plan is empty: nothing changes.")
        root.forget()

    def show(self, stage: str) -> None:
        """Prints the releases of a stage, newest first."""
        self._require_state_bucket()
        for release in reversed(Records(self._site.s3, self._site.state_bucket, stage).history):
            print(f"{release.at}  {release.kind:<9} {release.status:<9} {_short(release.commit)}  {release.by}")
            for image, reference in release.images.items():
                print(f"    {image:<13} {reference}")
            if release.bases:
                print(f"    {'on':<13} {release.bases['BASE_IMAGE']}")

    def _require_state_bucket(self) -> None:
        if not self._site.has_state_bucket():
            raise LocalError(
                f"There is no state bucket {self._site.state_bucket} yet: `make bootstrap` makes it, once."
            )

    def _built(self) -> Release:
        architecture = os.environ.get("ARCHITECTURE") or of_this_machine()
        if architecture not in PLATFORMS:
            raise LocalError(f"ARCHITECTURE is {' or '.join(PLATFORMS)}, not {architecture}.")
        registry = self._root("registry", {"region": self._site.region})
        with step("terraform init (registry)"):
            registry.init(self._backend())
        self._converge(registry, "the registry")
        urls = registry.outputs()["repository_urls"]
        published = publish(
            {image: data_plane(urls[image], self._site.ecr) for image in FUNCTIONS}, architecture, self._layout
        )
        for image, one in published.images.items():
            if one.contents:
                self._keep_contents(image, one.reference, one.contents)
        return releases.new(
            "deploy",
            architecture,
            {image: one.reference for image, one in published.images.items()},
            {image: one.tag for image, one in published.images.items()},
            commit=_commit(CHECKOUT),
            bases=published.bases,
        )

    def _keep_contents(self, image: str, reference: str, document: Path) -> None:
        """Beside the release records, by the digest that they name."""
        self._site.s3.put_object(
            Bucket=self._site.state_bucket,
            Key=f"sboms/{image}/{reference.rpartition(':')[2]}.spdx.json",
            Body=document.read_bytes(),
            ContentType="application/spdx+json",
        )

    def _promoted(self) -> Release:
        source = releases.newest_success(Records(self._site.s3, self._site.state_bucket, BUILT_IN).history)
        if source is None:
            raise LocalError(
                f"{BUILT_IN} has had no successful release to promote: `make deploy STAGE={BUILT_IN}` first."
            )
        print(f"  {BUILT_IN}'s release of {source.at} (commit {_short(source.commit)}), digest by digest", flush=True)
        here = _commit(CHECKOUT)
        if source.commit != here:
            print(f"  its configuration is this checkout's all the same (commit {_short(here)})", flush=True)
        return releases.new(
            "promotion", source.architecture, source.images, source.tags, commit=source.commit, of=source.id,
            bases=source.bases,
        )  # fmt: skip

    def _release(self, stage: str, records: Records, release: Release, root: Root, *, at_once: bool = False) -> None:
        """Plans, asks, writes down, applies, has CodeDeploy move the callers, tries out, writes down."""
        with step("terraform plan"):
            changes = root.plan()
        last = records.history[-1] if records.history else None
        if (
            not changes
            and last
            and last.status == "succeeded"
            and last.images == release.images
            and not self._traffic.waiting(targets(root.outputs()))
        ):
            root.forget()
            self._smoke(root)
            print(f"\nThe plan is empty: {stage} already is what this would make it.")
            return
        if changes:
            root.show()
            self._ask(root, f"Apply this to {stage}")
        with records.applying(release) as versions:
            if changes:
                self._apply(root)
            else:
                print("  the plan is empty: nothing to apply", flush=True)
            published = [one for one in targets(root.outputs()) if one.application]
            named = {one.key: one.version for one in published}
            if not at_once:
                versions.update(named)
            self._traffic.move(published, at_once=at_once, ignore_alarms=at_once or self._accept_alarms)
            versions.update(named)  # a rollback's not before: releases.before goes by it
            url = self._smoke(root)
        if not at_once:
            self._prune(records, published)
        self._tell(stage, release, url)

    def _prune(self, records: Records, published: list[Target]) -> None:
        """Old versions cost, should they have snapshots; those that a rollback may want stay. A release that runs is
        no failure because of them."""
        for one in published:
            try:
                old = self._traffic.prune(one, releases.kept_versions(records.history, one.key))
            except ClientError as error:
                print(f"  old versions of {one.function} stay: {error}", flush=True)
                continue
            if old:
                print(f"  {one.key}: removed version {', '.join(old)}, which no rollback needs", flush=True)

    @staticmethod
    def _tell(stage: str, release: Release, url: str) -> None:
        print(f"\n{stage} runs\n" + "\n".join(f"  {image:<13} {name}" for image, name in release.images.items()))
        print(f"API  {url}")

    def _stage(self, stage: str, release: Release) -> Root:
        root = self._root(
            f"environments/{stage}",
            {
                "region": self._site.region,
                "architecture": release.architecture,
                "images": "{" + ", ".join(f'{image} = "{name}"' for image, name in release.images.items()) + "}",
            },
        )
        with step(f"terraform init ({stage})"):
            root.init(self._backend())
        return root

    def _root(self, path: str, variables: Mapping[str, str]) -> Root:
        return self._make_root(path, TERRAFORM / path, self._scratch / path.replace("/", "-"), self._log, variables)

    def _backend(self) -> dict[str, str]:
        return {"bucket": self._site.state_bucket, "region": self._site.region}

    def _converge(self, root: Root, what: str) -> None:
        with step(f"terraform plan ({what})"):
            changes = root.plan()
        if changes:
            root.show()
            self._ask(root, f"Apply this to {what}")
            self._apply(root)

    def _ask(self, root: Root, question: str) -> None:
        if self._approved:
            return
        if sys.stdin.isatty() and input(f"{question}? Only yes will do: ").strip() == "yes":
            return
        root.forget()
        raise LocalError("Nothing was applied: that takes a yes, or, where nobody can be asked, APPROVE=yes.")

    def _apply(self, root: Root) -> None:
        with step(f"terraform apply ({root.name})") as current:
            root.apply(lambda progress: current.note(f"{progress.done}/{progress.planned} resources"))

    def _smoke(self, root: Root) -> str:
        url = smoke.address(root.outputs()["api_url"])
        with step("smoke test: health, openapi.json, articles"):
            smoke.check(url)
        return url


def _commit(checkout: Path) -> str | None:
    """The commit that is checked out, with a + where tracked files differ from it; None outside of git."""
    if os.environ.get("GITHUB_SHA"):
        return os.environ["GITHUB_SHA"]
    git = ["git", "-C", str(checkout)]
    if not shutil.which("git"):
        return None
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    if head.returncode:
        return None
    clean = subprocess.run([*git, "diff", "--quiet", "HEAD"], capture_output=True, check=False).returncode == 0
    return head.stdout.strip() + ("" if clean else "+")


def _short(commit: str | None) -> str:
    return (commit[:10] + ("+" if commit.endswith("+") else "")) if commit else "unknown"
