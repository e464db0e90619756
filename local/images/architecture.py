"""One variable says which processor the functions run on; Terraform's `architecture` has the same two values."""

import platform

PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}


def of_this_machine() -> str:
    """`x86_64` or `arm64`."""
    return "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
