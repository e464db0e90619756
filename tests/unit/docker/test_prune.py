"""What an image's dependencies lose, and that a library which moved on is noticed."""

import importlib.util
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import _cffi_backend
import botocore
import pytest

DOCKER = Path(__file__).parents[3] / "docker"


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, DOCKER / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


prune = script("prune")
stand_ins = script("stand_ins")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """The SDK's, of the version that is pinned."""
    path = tmp_path / "cacert.pem"
    path.write_bytes(Path(botocore.__file__).with_name("cacert.pem").read_bytes())
    return path


def test_of_the_sdks_authorities_those_remain_that_speak_for_aws(bundle: Path) -> None:
    prune.keep_authorities(bundle)
    loaded = ssl.create_default_context(cafile=str(bundle)).get_ca_certs()
    names = [dict(part[0] for part in certificate["subject"])["commonName"] for certificate in loaded]  # type: ignore[misc]
    assert sorted(names) == sorted(prune.AUTHORITIES)


def test_an_authority_that_the_sdk_has_renamed_fails_the_build(bundle: Path) -> None:
    bundle.write_text(bundle.read_text().replace("Amazon Root CA 1", "Amazon Root CA One"))
    with pytest.raises(ValueError, match="Amazon Root CA 1"):
        prune.keep_authorities(bundle)


def test_a_service_that_the_sdk_does_not_know_fails_the_build(tmp_path: Path) -> None:
    (tmp_path / "botocore" / "data").mkdir(parents=True)
    with pytest.raises(FileNotFoundError):
        prune.prune(tmp_path, {"dynamodb"})


def test_a_library_loads_without_what_debuggers_read(tmp_path: Path) -> None:
    whole = Path(_cffi_backend.__file__)
    library = tmp_path / whole.name
    shutil.copy(whole, library)
    prune.strip(library)
    assert library.stat().st_size < whole.stat().st_size
    code = "import _cffi_backend; print(_cffi_backend.FFI().sizeof('int *'), _cffi_backend.__file__)"
    assert ask(tmp_path, code) == f"8 {library}"


def test_what_is_no_library_is_left_alone(tmp_path: Path) -> None:
    script = tmp_path / "linker.so"
    script.write_text("INPUT(libc.so.6)")
    prune.strip(script)
    assert script.read_text() == "INPUT(libc.so.6)"


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The modules that are replaced, as they are installed here."""
    names = {Path(name).parts[0] for name in (*stand_ins.STAND_INS, *stand_ins.GONE)}
    for name in names:
        spec = importlib.util.find_spec(name)
        assert spec
        assert spec.origin
        subprocess.run(["cp", "-r", str(Path(spec.origin).parent), str(tmp_path / name)], check=True)
    return tmp_path


def ask(root: Path, code: str) -> str:
    """What Python prints with the directory before all others."""
    code = f"import sys; sys.path.insert(0, {str(root)!r})\n{code}"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def test_an_app_is_made_of_stand_ins_and_answers(installed: Path) -> None:
    stand_ins.put(installed)
    assert ask(installed, f"{stand_ins.PROOF}\nprint(sys.modules['jinja2'].__file__)").startswith(str(installed))


@pytest.mark.parametrize(
    "use",
    [
        "import flask; flask.Flask('x').jinja_env",
        "import flask; flask.Flask('x').run()",
        "import werkzeug; werkzeug.run_simple('localhost', 0, None)",
        "import click; click.echo('x')",
        "import flask.cli; flask.cli.AppGroup().command('x')",
    ],
)
def test_a_stand_in_that_is_used_says_what_it_is(installed: Path, use: str) -> None:
    stand_ins.put(installed)
    code = f"""
try:
    {use}
except RuntimeError as error:
    print(type(error).__name__, error)
"""
    assert "NotInThisImageError" in ask(installed, code)


def test_a_module_that_has_moved_fails_the_build(installed: Path) -> None:
    (installed / "werkzeug" / "serving.py").unlink()
    with pytest.raises(FileNotFoundError):
        stand_ins.put(installed)


def test_a_name_that_flask_has_come_to_want_fails_the_build(installed: Path) -> None:
    stand_ins.put(installed)
    wants = installed / "flask" / "templating.py"
    wants.write_text(f"from jinja2 import SomethingNew\n{wants.read_text()}")
    with pytest.raises(subprocess.CalledProcessError):
        ask(installed, stand_ins.PROOF)


def test_every_stand_in_has_its_bytecode(installed: Path) -> None:
    stand_ins.put(installed)
    for name in stand_ins.STAND_INS:
        compiled = Path(importlib.util.cache_from_source(str(installed / name)))
        assert compiled.read_bytes()[4] == 1  # PEP 552: a hash, unchecked
