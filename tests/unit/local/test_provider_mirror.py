"""Where providers are looked for, and what Terraform is told."""

from pathlib import Path

import pytest

from local import provider_mirror


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that holds one provider, named by the environment variable."""
    directory = tmp_path / "plugins"
    (directory / "registry.terraform.io" / "hashicorp" / "aws" / "5.100.0").mkdir(parents=True)
    monkeypatch.setenv("GAZETTE_PROVIDER_MIRROR", str(directory))
    return directory


def test_the_configuration_names_the_mirror_and_what_it_holds(mirror: Path, tmp_path: Path) -> None:
    written = provider_mirror.cli_config(tmp_path / "state" / "terraformrc")

    assert written == tmp_path / "state" / "terraformrc"
    text = written.read_text()
    assert f'path    = "{mirror}"' in text
    assert 'include = ["registry.terraform.io/hashicorp/aws"]' in text


@pytest.mark.usefixtures("mirror")
def test_what_the_mirror_lacks_still_comes_from_the_registry(tmp_path: Path) -> None:
    written = provider_mirror.cli_config(tmp_path / "terraformrc")

    assert written is not None
    direct = written.read_text().split("direct", 1)[1]
    assert 'exclude = ["registry.terraform.io/hashicorp/aws"]' in direct


def test_a_named_mirror_without_providers_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAZETTE_PROVIDER_MIRROR", str(tmp_path))

    with pytest.raises(NotADirectoryError, match="holds no registry"):
        provider_mirror.cli_config(tmp_path / "terraformrc")


def test_the_first_of_the_usual_places_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAZETTE_PROVIDER_MIRROR", raising=False)
    empty, first, second = (tmp_path / name for name in ("empty", "first", "second"))
    empty.mkdir()
    for directory in (first, second):
        (directory / "registry.terraform.io").mkdir(parents=True)
    monkeypatch.setattr(provider_mirror, "_usual_places", lambda: [empty, first, second])

    assert provider_mirror.find_mirror() == first


def test_without_a_mirror_terraform_keeps_its_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GAZETTE_PROVIDER_MIRROR", raising=False)
    monkeypatch.setattr(provider_mirror, "_usual_places", list)

    assert provider_mirror.cli_config(tmp_path / "terraformrc") is None
    assert not (tmp_path / "terraformrc").exists()
