"""Applies terraform/environments/local: the same modules that AWS gets."""

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.clients import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY
from local.errors import LocalError
from local.files import fingerprint, read_json, write_json
from local.layout import CHECKOUT, ENVIRONMENT, SERVICES, Layout
from local.provider_mirror import cli_config

OLDEST = (1, 10)
CONTRACTS = (SERVICES / "api" / "openapi.yaml", SERVICES / "articles" / "table.json")  # Terraform reads them, too
PARALLELISM = 20  # requests at once; Terraform's default of 10 is for clouds that are far away
# What would make this run differ from the next one, or from another developer's.
_DROPPED = re.compile(r"^(AWS_.*|TF_VAR_.*|TF_CLI_ARGS.*|TF_WORKSPACE|TF_LOG.*|TF_DATA_DIR)$")


@dataclass
class Progress:
    """What an apply has told so far, read from its machine-readable output."""

    planned: int = 0
    done: int = 0
    outputs: dict[str, Any] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """The first error, and whether there are more: the others usually follow from it."""
        if not self.errors:
            return "see its log"
        return self.errors[0] + (f" (and {len(self.errors) - 1} more)" if len(self.errors) > 1 else "")

    def read(self, line: str) -> bool:
        """Takes one line of `terraform … -json`; gives whether the counts changed."""
        try:
            message = json.loads(line)
        except ValueError:
            return False
        match message.get("type"):
            case "change_summary" if message["changes"]["operation"] == "plan":
                changes = message["changes"]
                self.planned = changes["add"] + changes["change"] + changes["remove"]
                return True
            case "apply_complete" if message["hook"]["action"] != "read":
                self.done += 1
                return True
            case "diagnostic" if message["diagnostic"]["severity"] == "error":
                self.errors.append(_sentence(message["diagnostic"]))
            case "outputs":
                self.outputs = {name: output.get("value") for name, output in message["outputs"].items()}
        return False


def _sentence(diagnostic: Mapping[str, Any]) -> str:
    place = diagnostic.get("range") or {}
    where = f" ({place['filename']}:{place['start']['line']})" if place.get("filename") else ""
    detail = " ".join(str(diagnostic.get("detail", "")).split())
    return f"{diagnostic['summary'].rstrip('.')}{where}{': ' + detail if detail else ''}"


class Terraform:
    """One stack's Terraform: its data directory and state are in the stack's own directory."""

    def __init__(self, layout: Layout, configuration: Path = ENVIRONMENT) -> None:
        """Takes the stack's directories, and the root module to apply."""
        self._directory = layout.terraform
        self._configuration = configuration
        self.log = layout.log("terraform")
        self._binary = ""
        self._version = ""

    @property
    def _state(self) -> Path:
        return self._directory / "terraform.tfstate"

    @property
    def _applying(self) -> Path:
        return self._directory / "applying"

    @property
    def _applied(self) -> Path:
        return self._directory / "applied.json"

    def check(self) -> str:
        """Finds Terraform and gives its version.

        Raises:
            LocalError: it is missing or too old.
        """
        oldest = ".".join(map(str, OLDEST))
        found = shutil.which("terraform")
        if not found:
            raise LocalError(f"Terraform is missing: install version {oldest} or later and put it on PATH.")
        shown = subprocess.run(
            [found, "version", "-json"], capture_output=True, text=True, env=self._environment(), check=False
        )
        try:
            self._version = json.loads(shown.stdout)["terraform_version"]
        except (ValueError, KeyError):
            raise LocalError(f"`{found} version` failed: {shown.stderr.strip() or shown.stdout.strip()}") from None
        if tuple(int(part) for part in self._version.split("-")[0].split(".")[:2]) < OLDEST:
            raise LocalError(f"Terraform {self._version} ({found}) is too old: install version {oldest} or later.")
        self._binary = found
        return self._version

    @property
    def was_cut_off(self) -> bool:
        """Whether an apply was killed: then the cloud may hold what the state does not know."""
        return self._applying.exists()

    def discard_state(self) -> None:
        """Forgets what was applied: the emulator that held it is gone, and everything in it."""
        self._applying.unlink(missing_ok=True)
        for name in ("terraform.tfstate", "terraform.tfstate.backup", ".terraform.tfstate.lock.info", "applied.json"):
            (self._directory / name).unlink(missing_ok=True)

    def wanted(self, variables: Mapping[str, str], emulator: str) -> str:
        """Names what an apply would apply: configuration, contracts that it reads, variables, this emulator's life."""
        return fingerprint(self._inputs(), json.dumps(variables, sort_keys=True), emulator, self._version)

    def _inputs(self) -> Iterator[Path]:
        # The other environments have no part in it, nor has what `terraform test` leaves in the modules.
        for root in (CHECKOUT / "terraform" / "modules", self._configuration):
            for path in root.rglob("*"):
                if path.suffix in (".tf", ".tfvars", ".json", ".tftpl") and ".terraform" not in path.parts:
                    yield path
        lock = self._configuration / ".terraform.lock.hcl"
        yield from (path for path in (lock, *CONTRACTS) if path.exists())

    def is_applied(self, wanted: str) -> bool:
        """Whether the last successful apply was of exactly this."""
        return bool(read_json(self._applied) == {"fingerprint": wanted})

    def init(self) -> None:
        """Makes modules and providers ready, where anything that they depend on has changed.

        Raises:
            LocalError: for example, no provider mirror on this machine and no way to the registry.
        """
        stamp = self._directory / "initialised.json"
        lock = self._configuration / ".terraform.lock.hcl"
        if lock.exists() and read_json(stamp) == self._initialised():
            return
        stamp.unlink(missing_ok=True)
        told = Progress()
        if self._run(["init", "-json", "-input=false", f"-backend-config=path={self._state}"], "w", told.read):
            raise LocalError(f"terraform init failed: {told.reason}", self.log)
        write_json(stamp, self._initialised())

    def _initialised(self) -> dict[str, str]:
        # Only module calls, provider and backend blocks matter to `init`; comparing all is cheaper than telling apart.
        return {"fingerprint": fingerprint(self._inputs(), self._version, self._cli_config() or "")}

    def apply(self, variables: Mapping[str, str], wanted: str, progress: Callable[[Progress], None]) -> dict[str, Any]:
        """Applies, telling `progress` how far it is. Gives the outputs.

        Raises:
            LocalError: with Terraform's own first error.
        """
        self._applied.unlink(missing_ok=True)
        told = Progress()

        def read(line: str) -> None:
            if told.read(line):
                progress(told)

        arguments = [
            "apply", "-json", "-auto-approve", "-input=false", "-lock-timeout=60s", f"-parallelism={PARALLELISM}",
            *(f"-var={name}={value}" for name, value in variables.items()),
        ]  # fmt: skip
        self._applying.touch()
        status = self._run(arguments, "a", read)
        self._applying.unlink()
        if status:
            raise LocalError(f"terraform apply failed: {told.reason}", self.log)
        write_json(self._applied, {"fingerprint": wanted})
        return told.outputs

    def _run(self, arguments: list[str], log_mode: str, read: Callable[[str], object]) -> int:
        """Runs Terraform, hands each line that it prints to `read` and to the log, and gives its exit status."""
        command = [self._binary, f"-chdir={self._configuration}", *arguments]
        with self.log.open(log_mode) as log:
            log.write(f"$ {' '.join(command)}\n")
            log.flush()
            with subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL, text=True,
                env=self._environment(), start_new_session=True,
            ) as child:  # fmt: skip
                assert child.stdout is not None  # noqa: S101 - asked for above
                try:
                    for line in child.stdout:
                        log.write(line)
                        read(line)
                except BaseException:
                    # Ctrl-C: its own orderly end would take up to a minute. The group is it and its providers.
                    os.killpg(child.pid, signal.SIGKILL)
                    raise
        return child.returncode

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _DROPPED.match(name)}
        kept |= {
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_REGION": REGION,
            "CHECKPOINT_DISABLE": "1",  # no look-up of newer versions
            "NO_PROXY": ",".join(filter(None, ("127.0.0.1,localhost", os.environ.get("NO_PROXY")))),
            "TF_DATA_DIR": str(self._directory / "data"),
            "TF_IN_AUTOMATION": "1",
        }
        own = self._cli_config()
        if own:
            kept["TF_CLI_CONFIG_FILE"] = own
        else:
            # Providers come from the registry: once a checkout, not once for each stack's data directory.
            kept.pop("TF_CLI_CONFIG_FILE", None)
            cache = Path(os.environ.get("TF_PLUGIN_CACHE_DIR") or CHECKOUT / ".local" / "providers")
            cache.mkdir(parents=True, exist_ok=True)
            kept["TF_PLUGIN_CACHE_DIR"] = str(cache)
        return kept

    def _cli_config(self) -> str | None:
        """The CLI configuration to use: the developer's own where it says where providers come from, else ours."""
        theirs = Path(os.environ.get("TF_CLI_CONFIG_FILE") or Path.home() / ".terraformrc")
        if not os.environ.get("GAZETTE_PROVIDER_MIRROR") and theirs.is_file():
            return str(theirs)
        try:
            written = cli_config(self._directory / "terraformrc")
        except NotADirectoryError as error:
            raise LocalError(f"{error}.") from error
        return str(written) if written else None
