"""What the bootstrap decides before it installs anything."""

import pytest

from local import bootstrap

LOCK = """\
urllib3==2.8.0 \\
    --hash=sha256:aa
    # via botocore
uv==0.11.34 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via -r requirements/dev.in
werkzeug==3.1.9 \\
    --hash=sha256:dd
"""


@pytest.mark.parametrize(
    ("version", "supported"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 13, 2), True), ((3, 14, 0), False)]
)
def test_only_pythons_that_the_lock_has_wheels_for_are_taken(version: tuple[int, ...], supported: bool) -> None:
    assert bootstrap.is_supported(version) is supported


def test_uv_comes_first_with_the_hashes_of_the_lock_and_nothing_else() -> None:
    alone = bootstrap.locked_requirement(LOCK, "uv")

    assert alone.startswith("uv==0.11.34")
    assert "sha256:bb" in alone
    assert "sha256:cc" in alone
    assert "werkzeug" not in alone
    assert "urllib3" not in alone


def test_the_last_package_of_the_lock_is_found_too() -> None:
    assert "sha256:dd" in bootstrap.locked_requirement(LOCK, "werkzeug")


def test_a_lock_without_uv_says_what_to_run() -> None:
    with pytest.raises(bootstrap.BootstrapError, match="make lock"):
        bootstrap.locked_requirement("flask==3.1.0\n", "uv")


def test_another_lock_or_another_python_makes_the_environment_stale() -> None:
    stamp = bootstrap.wanted_stamp(b"a", "/usr/bin/python3.11")

    assert stamp == bootstrap.wanted_stamp(b"a", "/usr/bin/python3.11")
    assert stamp != bootstrap.wanted_stamp(b"b", "/usr/bin/python3.11")
    assert stamp != bootstrap.wanted_stamp(b"a", "/usr/bin/python3.12")


def test_the_indexes_of_pip_are_handed_to_uv() -> None:
    settings = bootstrap.uv_settings(
        "global.cert='/etc/ssl/site.pem'\n"
        "global.index-url='https://mirror.example/simple'\n"
        "global.extra-index-url='file:///a/simple file:///b/simple'\n"
        ":env:.find-links='/wheels'\n"
        ":env:.default-timeout='180'\n"
    )

    assert settings == {
        "SSL_CERT_FILE": "/etc/ssl/site.pem",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_EXTRA_INDEX_URL": "file:///a/simple file:///b/simple",
        "UV_FIND_LINKS": "/wheels",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_a_pip_without_configuration_changes_nothing_for_uv() -> None:
    assert bootstrap.uv_settings("") == {}


def test_no_suitable_python_is_one_sentence_that_names_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "is_supported", lambda _version: False)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)

    with pytest.raises(bootstrap.BootstrapError, match=r"needs Python 3\.11 to 3\.13.*PYTHON="):
        bootstrap.supported_python()
