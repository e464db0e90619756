"""`python -m local.images base|functions|cloud [--architecture arm64]`"""

import argparse
import sys
from pathlib import Path

from local.errors import LocalError
from local.images import base, functions, sbom
from local.images.architecture import PLATFORMS, of_this_machine
from local.layout import CHECKOUT, Layout
from local.steps import step


def main() -> int:
    """Builds, and gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.images", description="Builds the images.")
    parser.add_argument("what", choices=["base", "functions", "cloud"])
    parser.add_argument("--architecture", choices=[*PLATFORMS], default=of_this_machine(), help="of the functions")
    arguments = parser.parse_args()
    layout = Layout.default()
    layout.create()
    log = layout.log("images")
    log.unlink(missing_ok=True)
    try:
        if arguments.what == "base":
            base.make(log)
            print(base.BASE)
        else:
            images = [functions.CLOUD] if arguments.what == "cloud" else functions.FUNCTIONS
            names = functions.build(images, log, arguments.architecture)
            if arguments.what == "functions":
                list_contents(layout, log)
            print("\n".join(names))
    except LocalError as error:
        print(f"✗ {error}\n  log: {error.log or log}", file=sys.stderr)
        return 1
    return 0


def list_contents(layout: Layout, log: Path) -> None:
    """Writes what is in the functions' images beside them, package by package."""
    for image in functions.FUNCTIONS:
        into = sbom.path_of(layout, image)
        with step(str(into).removeprefix(f"{CHECKOUT}/")):
            sbom.write(functions.name_of(image), into, log)
        print(f"  {sbom.summary(into)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
