"""How a stack's directory is made of what the Dockerfile says."""

from pathlib import Path

import pytest

from bench.stacks import DOCKERFILE, image_variables, steps
from local.layout import CHECKOUT

TEXT = r"""FROM base AS dependencies
ARG AWS_SERVICES="dynamodb s3"
RUN --mount=type=bind,source=docker/prune.py,target=/prune.py \
    --mount=type=bind,source=docker/other.py,target=/other.py \
    python3 /prune.py /dependencies ${AWS_SERVICES} \
    && python3 /other.py /code --now
ENV ELSEWHERE=1
FROM base
COPY --from=dependencies /dependencies/ ./
ENV ONE=1 \
    TWO="a b"
CMD ["x"]
"""


def test_scripts_are_called_as_the_dockerfile_calls_them() -> None:
    assert steps(TEXT, Path("/d"), Path("/c")) == [
        [str(CHECKOUT / "docker/prune.py"), "/d", "dynamodb", "s3"],
        [str(CHECKOUT / "docker/other.py"), "/c", "--now"],
    ]


def test_a_script_that_is_not_ours_is_not_left_out_silently() -> None:
    with pytest.raises(KeyError):
        steps("RUN python3 /unknown.py /dependencies\n", Path("/d"), Path("/c"))


def test_the_apis_own_dockerfile_is_understood() -> None:
    commands = steps(DOCKERFILE.read_text(), Path("/d"), Path("/c"))
    assert [Path(command[0]).name for command in commands][:1] == ["prune.py"]
    assert all(Path(command[0]).exists() for command in commands)
    assert len(commands) == DOCKERFILE.read_text().count("python3 /")


def test_only_the_last_stages_variables_are_the_images() -> None:
    assert image_variables(TEXT) == {"ONE": "1", "TWO": "a b"}
