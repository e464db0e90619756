"""Building images: what is taken from the site, what an image is made of, and what is said where it cannot go on."""

import os
from pathlib import Path

import pytest

from local.errors import LocalError
from local.images import base, engine, functions, site


def test_indexes_of_the_sites_pip_reach_a_build_and_those_of_its_disk_do_not() -> None:
    listed = (
        ":env:.disable-pip-version-check='1'\n"
        "global.cert='/etc/ssl/certs/site.crt'\n"
        "global.extra-index-url='file:///srv/wheels https://second.example/simple'\n"
        "global.index-url='https://first.example/simple'\n"
        "global.find-links='/srv/more'\n"
    )

    assert site.pip_configuration(listed) == (
        "[global]\nextra-index-url = https://second.example/simple\nindex-url = https://first.example/simple\n"
    )


def test_a_pip_that_is_told_nothing_gives_no_secret() -> None:
    assert site.pip_configuration("") == ""
    assert site.pip_configuration("global.find-links='/srv/wheels'\n") == ""


def test_the_certificates_are_those_that_the_shell_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = tmp_path / "site.crt"
    bundle.write_text("-----BEGIN CERTIFICATE-----")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))

    assert site.ca_bundle() == bundle


@pytest.mark.parametrize(
    ("sources", "mirror"),
    [
        ("deb http://mirror.example/debian bookworm main\n", "http://mirror.example/debian"),
        ("deb [signed-by=/k.gpg] http://mirror.example/debian/ trixie main\n", "http://mirror.example/debian"),
        ("Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm\n", "http://mirror.example/debian"),
        ("deb http://mirror.example/debian-security bookworm-security main\n", None),
        ("# deb http://mirror.example/debian bookworm main\ndeb http://other.example/apt stable main\n", None),
    ],
)
def test_the_mirror_is_the_one_of_this_machines_apt(sources: str, mirror: str | None) -> None:
    assert base.debian_mirror(sources) == mirror


def client(directory: Path, buildx: bool, version: str, server: str = "20.10") -> Path:
    """A program that answers like a Docker client."""
    directory.mkdir()
    program = directory / "docker"
    program.write_text(
        "#!/bin/sh\n"
        f'case "$*" in buildx*) exit {0 if buildx else 1} ;; *.Server.*) echo {server} ;; '
        f"version*) echo {version} ;; esac\n"
    )
    program.chmod(0o755)
    return program


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Forgets which client was found."""
    engine.client.cache_clear()
    engine.has_buildx.cache_clear()
    return monkeypatch


def test_a_client_that_cannot_build_is_passed_over(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    new = client(tmp_path / "new", buildx=False, version="28.2.2")
    old = client(tmp_path / "old", buildx=False, version="20.10.24+dfsg1")
    fresh.setenv("PATH", os.pathsep.join((str(new.parent), str(old.parent), "/bin", "/usr/bin")))

    assert engine.client() == str(old)
    engine.client.cache_clear()


def test_a_client_with_buildx_is_taken(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    new = client(tmp_path / "new", buildx=True, version="28.2.2")
    fresh.setenv("PATH", os.pathsep.join((str(new.parent), "/bin")))

    assert engine.client() == str(new)
    engine.client.cache_clear()


def test_a_machine_without_docker_is_told_how_to_go_on(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    fresh.setenv("PATH", str(tmp_path))

    with pytest.raises(LocalError, match="RUNTIME=process"):
        engine.client()


def test_an_engine_that_does_not_answer_is_named_as_the_reason(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    silent = client(tmp_path / "silent", buildx=True, version="28.2.2", server="")
    fresh.setenv("PATH", os.pathsep.join((str(silent.parent), "/bin")))

    with pytest.raises(LocalError, match="No Docker engine answers"):
        engine.client()


def test_an_images_inputs_are_its_own_code_its_lock_and_its_recipe() -> None:
    assert functions.inputs("api") == functions.inputs("api")
    assert functions.inputs("api") != functions.inputs("image_worker")
