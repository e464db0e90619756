"""A local cloud of its own for the tests of containers: another directory, another port."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from local.layout import CHECKOUT, Layout
from local.ports import free_port


class StartingStack:
    """`python -m local up --runtime docker`, while something else happens."""

    def __init__(self) -> None:
        """Starts the command; `wait` tells how it ended."""
        self.layout = Layout(Path(tempfile.mkdtemp(prefix="gazette-docker-")))
        self._log = self.layout.root / "up.log"
        with self._log.open("w") as output:
            self._up = subprocess.Popen(
                self._command("up", "--port", str(free_port()), "--runtime", "docker"),
                cwd=CHECKOUT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Returns once everything is applied; fails with what the command printed."""
        assert self._up.wait() == 0, self._log.read_text()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs another command of the local cloud."""
        return subprocess.run(
            self._command(*arguments),
            cwd=CHECKOUT,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def down(self) -> None:
        """Takes it down, also while it is still starting."""
        self._up.terminate()
        self._up.wait()
        self.run("down")
        shutil.rmtree(self.layout.root)

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "local", *arguments]

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "GAZETTE_LOCAL_DIR": str(self.layout.root)}
