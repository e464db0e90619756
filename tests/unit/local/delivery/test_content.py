"""The tag of an image is its content's name."""

from pathlib import Path

import pytest

from local.delivery.content import content_tag, inputs, sources
from local.images.functions import FUNCTIONS
from local.layout import CHECKOUT

DOCKERFILE = """\
# COPY nothing/ /at/all/
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS dependencies
RUN --mount=type=bind,source=install.sh,target=/install.sh \\
    --mount=type=bind,from=other,source=/elsewhere,target=/elsewhere \\
    --mount=type=cache,target=/root/.cache \\
    --mount=type=secret,id=ca \\
    /install.sh
FROM ${BASE_IMAGE}
COPY --from=dependencies /dependencies/ /var/task/
COPY --chmod=644 code/ \\
     lock.txt /var/task/
"""
BASES = {"BASE_IMAGE": "sha256:1"}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "install.sh").write_text("pip install")
    (tmp_path / "lock.txt").write_text("flask==3")
    (tmp_path / "code" / "deep").mkdir(parents=True)
    (tmp_path / "code" / "deep" / "app.py").write_text("a = 1")
    (tmp_path / "README.md").write_text("not in the image")
    return tmp_path


def tag(checkout: Path, bases: dict[str, str] = BASES, architecture: str = "x86_64") -> str:
    return content_tag(checkout, checkout / "Dockerfile", bases, architecture)


def test_the_dockerfile_itself_says_what_the_image_is_made_of() -> None:
    assert list(sources(DOCKERFILE)) == ["install.sh", "code/", "lock.txt"]


def test_the_same_content_has_the_same_tag_wherever_it_is_checked_out(checkout: Path, tmp_path: Path) -> None:
    before = tag(checkout)
    elsewhere = tmp_path.with_name(f"{tmp_path.name}-moved")
    tmp_path.rename(elsewhere)

    assert tag(elsewhere) == before
    assert len(before) == 32


@pytest.mark.parametrize("path", ["Dockerfile", "install.sh", "lock.txt", "code/deep/app.py"])
def test_every_file_of_the_image_counts(checkout: Path, path: str) -> None:
    before = tag(checkout)
    with (checkout / path).open("a") as file:
        file.write("\n")

    assert tag(checkout) != before


def test_a_file_that_moves_counts(checkout: Path) -> None:
    before = tag(checkout)
    (checkout / "code" / "deep" / "app.py").rename(checkout / "code" / "app.py")

    assert tag(checkout) != before


def test_what_no_instruction_takes_does_not_count(checkout: Path) -> None:
    before = tag(checkout)
    (checkout / "README.md").write_text("changed")
    (checkout / "code" / "__pycache__").mkdir()
    (checkout / "code" / "__pycache__" / "app.pyc").write_bytes(b"compiled")

    assert tag(checkout) == before


def test_base_and_architecture_count(checkout: Path) -> None:
    tags = {tag(checkout), tag(checkout, {"BASE_IMAGE": "sha256:2"}), tag(checkout, BASES, "arm64")}

    assert len(tags) == 3


def test_a_dockerfile_that_takes_what_is_not_there_is_refused(checkout: Path) -> None:
    (checkout / "lock.txt").unlink()

    with pytest.raises(FileNotFoundError, match=r"Dockerfile takes lock\.txt from the checkout"):
        tag(checkout)


@pytest.mark.parametrize("image", FUNCTIONS)
def test_gazettes_own_images_are_made_of_their_service_the_domain_and_a_lock(image: str) -> None:
    found = {str(path.relative_to(CHECKOUT)) for path in inputs(CHECKOUT, CHECKOUT / "docker" / f"{image}.Dockerfile")}

    assert found >= {
        f"docker/{image}.Dockerfile",
        f"requirements/{image}.txt",
        f"services/{image}/handler.py",
        "services/articles/table.json",
    }
    assert not [path for path in found if path.startswith(("tests/", "local/", "terraform/"))]
