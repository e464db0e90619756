"""What is measured: a directory for each stack, filled as its image would be, and what runs a handler out of it.

The peers are installed as people do: wheels, their bytecode compiled, nothing taken away. Ours comes three times:

    unpatched  the lock as it is installed, and our code
    pruned     without what docker/prune.py takes away
    ours       with all that docker/api.Dockerfile does, step by step as it stands there

No container is needed: an image is its base and this directory. All stand in .local/bench and are made anew when what
they are made of has changed. The interpreter is a Python 3.13 in an environment of its own, so that nothing which
happens to be installed on this machine takes part.
"""

import fcntl
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.peers import FOLDER, PEERS
from local.bootstrap import BootstrapError, run, uv_settings, version_of
from local.errors import LocalError
from local.files import fingerprint
from local.layout import CHECKOUT, SERVICES, Layout

VERSION = (3, 13)
OURS = {"unpatched": None, "pruned": ("prune.py",), "ours": (".*",)}
"""Which of the Dockerfile's scripts make each of our three."""
DOCKERFILE = CHECKOUT / "docker" / "api.Dockerfile"
REQUIREMENTS = CHECKOUT / "requirements"
KEPT = 3
"""Directories of one name, of which another benchmark may just be using the last but one."""


@dataclass(frozen=True)
class Stack:
    """A task root: dependencies with the code beside them. `code`: what of it are not dependencies."""

    name: str
    root: Path
    handler: str
    code: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def bytes(self) -> int:
        """What an image has over its base."""
        return _size(self.root)

    @property
    def dependency_bytes(self) -> int:
        return self.bytes - sum(_size(self.root / name) for name in self.code)


def stacks() -> dict[str, Stack]:
    """The peers, then ours in its three states. Raises LocalError where they cannot be installed."""
    return {name: peer(name) for name in PEERS} | {name: ours(name) for name in OURS}


def peer(name: str) -> Stack:
    made_by = PEERS[name]
    code = [FOLDER / f"{made_by.module}.py", FOLDER / "article.py"]
    lock = REQUIREMENTS / "peers.txt"

    def make(root: Path) -> None:
        wanted = root / ".requirements.in"
        wanted.write_text("\n".join(made_by.packages))
        install(root, ["--requirement", str(wanted), "--constraint", str(lock), "--verify-hashes"])
        wanted.unlink()
        for file in code:
            shutil.copy(file, root)
        compiled(root)

    root = made(name, [lock, *code, Path(__file__)], make)
    return Stack(name, root, f"{made_by.module}.handler", tuple(file.name for file in code), {})


def ours(state: str) -> Stack:
    wanted = OURS[state]
    lock = REQUIREMENTS / "api.txt"
    folders = [SERVICES / "articles", SERVICES / "api"]
    sources = [file for folder in folders for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc"]

    def make(root: Path) -> None:
        install(root, ["--requirement", str(lock), "--require-hashes", "--no-deps"])
        code = root.with_name(f"{root.name}.code")
        shutil.rmtree(code, ignore_errors=True)
        for folder in folders:
            shutil.copytree(folder, code / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
        if wanted is None:
            compiled(root)
        else:
            for command in steps(DOCKERFILE.read_text(), root, code):
                if any(re.fullmatch(name, Path(command[0]).name) for name in wanted):
                    run([str(python()), *command], f"{command[0]} failed.")
        compiled(code, *([] if wanted is None else ["--invalidation-mode", "unchecked-hash"]))
        shutil.copytree(code, root, dirs_exist_ok=True)
        shutil.rmtree(code)

    image = [*DOCKERFILE.parent.glob("*.py"), DOCKERFILE] if wanted else []
    root = made(state, [lock, *sources, *image, Path(__file__)], make)
    variables = image_variables(DOCKERFILE.read_text()) if state == "ours" else {}
    return Stack(state, root, "api.handler.handler", tuple(folder.name for folder in folders), variables)


def steps(dockerfile: str, dependencies: Path, code: Path) -> list[list[str]]:
    """The Dockerfile's calls of our own scripts, `python3 /prune.py …`, for these directories."""
    arguments = dict(re.findall(r'^ARG (\w+)="([^"]*)"$', dockerfile, re.MULTILINE))
    mounted = dict(re.findall(r"source=(docker/\w+\.py),target=(/\w+\.py)", dockerfile))
    sources = {target: str(CHECKOUT / source) for source, target in mounted.items()}
    commands = []
    for line in re.findall(r"python3 (/\w+\.py .*?)(?: \\)?$", dockerfile, re.MULTILINE):
        filled = re.sub(r"\$\{(\w+)\}", lambda found: arguments[found[1]], line)
        words = shlex.split(filled)
        places = {"/dependencies": str(dependencies), "/code": str(code)}
        commands.append([sources[words[0]], *(places.get(word, word) for word in words[1:])])
    return commands


def image_variables(dockerfile: str) -> dict[str, str]:
    """What the image's ENV instructions set."""
    final = dockerfile.rpartition("\nFROM ")[2].replace("\\\n", " ")
    return {
        name: value
        for line in re.findall(r"^ENV (.*)$", final, re.MULTILINE)
        for name, _, value in (word.partition("=") for word in shlex.split(line))
    }


def runtime() -> Path:
    """AWS's runtime client, in a directory as in the base image."""
    lock = REQUIREMENTS / "base.txt"

    def make(root: Path) -> None:
        install(root, ["--requirement", str(lock), "--require-hashes", "--no-deps"])
        compiled(root)

    return made("runtime", [lock, Path(__file__)], make)


@cache
def python() -> Path:
    """Python 3.13 with nothing installed; where this machine has none, the interpreter at hand."""
    source = interpreter()
    home = Layout.default().root / "bench" / "python"
    if not (home / "bin" / "python").exists() or version_of(home / "bin" / "python") != version_of(source):
        command = [str(source), "-m", "venv", "--clear", "--without-pip", str(home)]
        run(command, f"No environment could be made of {source.name}.")
    return home / "bin" / "python"


def interpreter() -> Path:
    """A Python 3.13 on PATH or of pyenv, else the one that runs this."""
    found = [Path(name) for name in [shutil.which("python3.13")] if name]
    if shutil.which("pyenv"):
        shown = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=False)
        found += sorted(Path(shown.stdout.strip(), "versions").glob("3.13.*/bin/python3.13"), reverse=True)
    return next((path for path in found if version_of(path) == VERSION), Path(sys.executable))


def version() -> str:
    """As in 3.13.0."""
    command = [str(python()), "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def made(name: str, sources: list[Path], make: Callable[[Path], None]) -> Path:
    """The directory of that name which `make` filled from these sources, or fills now."""
    home = Layout.default().root / "bench"
    home.mkdir(parents=True, exist_ok=True)
    root = home / f"{name}-{fingerprint(sources, version())[:12]}"
    with (home / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two benchmarks at once: the second one finds the work done
        if not root.exists():
            unfinished = home / "unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(root)
        root.touch()
        known = sorted(home.glob(f"{name}-*"), key=lambda path: path.stat().st_mtime)
        for old in known[:-KEPT]:
            shutil.rmtree(old)
    return root


def install(root: Path, what: list[str]) -> None:
    """By uv, whose cache it shares no file with: docker's scripts change what they find."""
    shown = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--link-mode", "copy"]
    command = [*uv, "--only-binary", ":all:", "--python", str(python()), "--target", str(root), *what]
    try:
        run(command, "What is measured cannot be installed here.", uv_settings(shown.stdout))
    except BootstrapError as error:
        raise LocalError(str(error)) from error


def compiled(root: Path, *options: str) -> None:
    """With bytecode, as pip leaves it unless said otherwise."""
    run([str(python()), "-m", "compileall", "-q", "-j", "0", *options, str(root)], f"{root.name} does not compile.")


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
