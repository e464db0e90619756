"""Finds a copy of Terraform's providers on this machine, for sites that cannot reach the registry."""

import os
from contextlib import suppress
from pathlib import Path

REGISTRY = "registry.terraform.io"
OVERRIDE = "GAZETTE_PROVIDER_MIRROR"


def find_mirror() -> Path | None:
    """The first directory that holds `registry.terraform.io/`, or None.

    Looked for in $GAZETTE_PROVIDER_MIRROR, then in the places where Terraform itself and system packages keep
    providers, then one level under /opt.

    Raises:
        NotADirectoryError: $GAZETTE_PROVIDER_MIRROR is set and holds no providers. Falling back silently would hide
            a typing mistake behind a download that fails much later.
    """
    override = os.environ.get(OVERRIDE)
    if override:
        chosen = Path(override).expanduser().resolve()
        if not (chosen / REGISTRY).is_dir():
            raise NotADirectoryError(f"{OVERRIDE}={override} holds no {REGISTRY}/ directory")
        return chosen
    for candidate in _usual_places():
        if (candidate / REGISTRY).is_dir():
            return candidate
    return None


def _usual_places() -> list[Path]:
    places = [
        Path.home() / ".terraform.d" / "plugins",
        Path("/usr/share/terraform/plugins"),
        Path("/usr/local/share/terraform/plugins"),
    ]
    with suppress(OSError):  # no /opt, or not ours to read: then there is no mirror in it
        places += sorted(entry for entry in Path("/opt").iterdir() if entry.is_dir())
    return places


def cli_config(path: Path) -> Path | None:
    """Writes a Terraform CLI configuration that prefers the local mirror, and returns `path`.

    What the mirror lacks still comes from the registry. Returns None, and writes nothing, where there is no mirror:
    Terraform's own defaults are right then.
    """
    mirror = find_mirror()
    if mirror is None:
        return None
    held = sorted(
        f"{REGISTRY}/{provider.parent.name}/{provider.name}"
        for provider in (mirror / REGISTRY).glob("*/*")
        if provider.is_dir()
    )
    names = ", ".join(f'"{name}"' for name in held)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "provider_installation {\n"
        "  filesystem_mirror {\n"
        f'    path    = "{mirror}"\n'
        f"    include = [{names}]\n"
        "  }\n"
        "  direct {\n"
        f"    exclude = [{names}]\n"
        "  }\n"
        "}\n"
    )
    return path
