"""Where the local cloud keeps its files."""

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
SERVICES = CHECKOUT / "services"
ENVIRONMENT = CHECKOUT / "terraform" / "environments" / "local"


@dataclass(frozen=True)
class Layout:
    """The paths under one state directory. Two stacks with a directory each know nothing of one another."""

    root: Path

    @classmethod
    def default(cls) -> "Layout":
        """$GAZETTE_LOCAL_DIR, or `.local` in the checkout."""
        return cls(Path(os.environ.get("GAZETTE_LOCAL_DIR") or CHECKOUT / ".local").resolve())

    @property
    def outputs(self) -> Path:
        """The flat JSON file that other programs script against."""
        return self.root / "outputs.json"

    @property
    def password_secret(self) -> Path:
        """What local users' passwords are derived from."""
        return self.root / "passwords.key"

    @property
    def logs(self) -> Path:
        """One file a process, one a function, one for Terraform."""
        return self.root / "logs"

    @property
    def processes(self) -> Path:
        """One record for each process that was started."""
        return self.root / "state"

    @property
    def terraform(self) -> Path:
        """Terraform's data directory, state and CLI configuration."""
        return self.root / "terraform"

    @property
    def scratch(self) -> Path:
        """Temporary files of the emulator."""
        return self.root / "tmp"

    def log(self, name: str) -> Path:
        """The log of one process or function."""
        return self.logs / f"{name}.log"

    def create(self) -> None:
        """Makes the directories. They hold logs, and a Terraform state with a key in it: nobody else reads them."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in (self.logs, self.processes, self.terraform, self.scratch):
            directory.mkdir(exist_ok=True)
