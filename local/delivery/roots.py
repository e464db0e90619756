"""Runs Terraform in one root: state in the site's bucket, plan first, then exactly that plan."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from local.errors import LocalError
from local.layout import CHECKOUT
from local.provider_mirror import cli_config
from local.terraform import OLDEST, Progress

TERRAFORM = CHECKOUT / "terraform"
# What would make this run differ from the next one. TF_VAR_… stays: it is how a site sets its own variables.
_DROPPED = re.compile(r"^(TF_CLI_ARGS.*|TF_WORKSPACE|TF_LOG.*|TF_DATA_DIR)$")
_CHANGES = 2  # exit status of `plan -detailed-exitcode`


def check() -> None:
    """Looks for Terraform.

    Raises:
        LocalError: it is missing or too old.
    """
    oldest = ".".join(map(str, OLDEST))
    found = shutil.which("terraform")
    if not found:
        raise LocalError(f"Terraform is missing: install version {oldest} or later and put it on PATH.")
    shown = subprocess.run([found, "version", "-json"], capture_output=True, text=True, check=False)
    try:
        version = str(json.loads(shown.stdout)["terraform_version"])
    except (ValueError, KeyError):
        raise LocalError(f"`{found} version` failed: {shown.stderr.strip() or shown.stdout.strip()}") from None
    if tuple(int(part) for part in version.split("-")[0].split(".")[:2]) < OLDEST:
        raise LocalError(f"Terraform {version} ({found}) is too old: install version {oldest} or later.")


class Root:
    """A root module of terraform/, with a data directory of its own: nothing is written beside the configuration."""

    def __init__(self, name: str, configuration: Path, scratch: Path, log: Path, variables: Mapping[str, str]) -> None:
        """Takes what to call it, its directory, where its data directory and plan go, the log, and variables as HCL or
        text."""
        self.name = name
        self._configuration = configuration
        self._scratch = scratch
        self._log = log
        self._variables = variables
        self._plan = scratch / "plan"
        self._planned = 0
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)  # a plan holds what the state holds

    def init(self, backend: Mapping[str, str]) -> None:
        """Makes modules, provider and backend ready.

        Raises:
            LocalError: for example, the state's bucket belongs to somebody else.
        """
        # The data directory may remember another site's bucket; the state is where `backend` says, in any case.
        told = Progress()
        if self._run(["init", "-json", "-input=false", "-reconfigure", *_settings(backend)], told.read):
            raise LocalError(f"terraform init of {self.name} failed: {told.reason}", self._log)

    def migrate(self, backend: Mapping[str, str]) -> None:
        """Moves the state into a backend that the configuration has got since the last `init`.

        Raises:
            LocalError: it could not be moved; the log says why.
        """
        # It has no machine-readable output: that could not ask questions.
        arguments = ["init", "-no-color", "-input=false", "-migrate-state", "-force-copy", *_settings(backend)]
        if self._run(arguments, lambda _line: None):
            raise LocalError(f"The state of {self.name} could not be moved into its bucket.", self._log)

    def plan(self, *, lock: bool = True) -> bool:
        """Plans, and gives whether there is anything to change.

        Raises:
            LocalError: with Terraform's own first error.
        """
        own = self._configuration / f"{self._configuration.name}.tfvars"
        files = [f"-var-file={own.name}"] if own.exists() else []
        variables = [f"-var={name}={value}" for name, value in self._variables.items()]
        told = Progress()
        status = self._run(
            [
                "plan", "-json", "-input=false", "-detailed-exitcode", "-lock-timeout=60s", f"-out={self._plan}",
                *([] if lock else ["-lock=false"]), *files, *variables,
            ],
            told.read,
        )  # fmt: skip
        if status not in (0, _CHANGES):
            raise LocalError(f"terraform plan of {self.name} failed: {told.reason}", self._log)
        self._planned = told.planned
        return status == _CHANGES

    def show(self) -> None:
        """Prints the plan for a person to read."""
        plain = [] if sys.stdout.isatty() else ["-no-color"]
        sys.stdout.flush()
        subprocess.run(self._command(["show", *plain, str(self._plan)]), env=self._environment(), check=False)

    def apply(self, progress: Callable[[Progress], None]) -> None:
        """Applies the plan: what was shown and nothing else.

        Raises:
            LocalError: with Terraform's own first error.
        """
        told = Progress(planned=self._planned)

        def read(line: str) -> None:
            if told.read(line):
                progress(told)

        try:
            status = self._run(["apply", "-json", "-input=false", "-lock-timeout=60s", str(self._plan)], read)
        finally:
            self.forget()
        if status:
            raise LocalError(f"terraform apply of {self.name} failed: {told.reason}", self._log)

    def forget(self) -> None:
        """Removes the plan."""
        self._plan.unlink(missing_ok=True)

    def outputs(self) -> dict[str, Any]:
        """The outputs' values."""
        shown = subprocess.run(
            self._command(["output", "-json"]), env=self._environment(), capture_output=True, text=True, check=False
        )
        if shown.returncode:
            raise LocalError(f"terraform output of {self.name} failed: {shown.stderr.strip()}")
        return {name: output["value"] for name, output in json.loads(shown.stdout).items()}

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return ["terraform", f"-chdir={self._configuration}", *arguments]

    def _run(self, arguments: Sequence[str], read: Callable[[str], object]) -> int:
        """Hands each line that Terraform prints to `read` and to the log, and gives its exit status.

        Ctrl-C reaches Terraform as a request to finish what it is doing and write the state; a second one ends it.
        """
        interrupted = False
        with self._log.open("a") as log:
            log.write(f"$ terraform {' '.join(arguments)}\n")
            log.flush()
            with subprocess.Popen(
                self._command(arguments), stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True,
                env=self._environment(), start_new_session=True,
            ) as child:  # fmt: skip
                assert child.stdout is not None  # noqa: S101 - asked for above
                while True:
                    try:
                        for line in child.stdout:
                            log.write(line)
                            read(line)
                        status = child.wait()
                        break
                    except KeyboardInterrupt:
                        interrupted = True
                        print("  Terraform finishes what it has begun, and lets go of the state …", flush=True)
                        child.send_signal(signal.SIGINT)
        if interrupted:
            raise KeyboardInterrupt
        return status

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _DROPPED.match(name)}
        kept |= {
            "CHECKPOINT_DISABLE": "1",  # no look-up of newer versions
            "TF_DATA_DIR": str(self._scratch / "data"),
            "TF_IN_AUTOMATION": "1",
        }
        own = Path(os.environ.get("TF_CLI_CONFIG_FILE") or Path.home() / ".terraformrc")
        if own.is_file() and not os.environ.get("GAZETTE_PROVIDER_MIRROR"):
            return kept
        kept.pop("TF_CLI_CONFIG_FILE", None)
        try:
            mirror = cli_config(self._scratch / "terraformrc")
        except NotADirectoryError as error:
            raise LocalError(f"{error}.") from error
        if mirror:
            kept["TF_CLI_CONFIG_FILE"] = str(mirror)
        elif "TF_PLUGIN_CACHE_DIR" not in kept:
            # Providers come from the registry: once a checkout, not once for each root's data directory.
            cache = CHECKOUT / ".local" / "providers"
            cache.mkdir(parents=True, exist_ok=True)
            kept["TF_PLUGIN_CACHE_DIR"] = str(cache)
        return kept


def _settings(backend: Mapping[str, str]) -> list[str]:
    return [f"-backend-config={name}={value}" for name, value in backend.items()]
