"""`python -m local.images base|functions|cloud [--architecture arm64]`"""

import argparse
import sys

from local.errors import LocalError
from local.images import base, functions
from local.images.architecture import PLATFORMS, of_this_machine
from local.layout import Layout


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
            print("\n".join(functions.build(images, log, arguments.architecture)))
    except LocalError as error:
        print(f"✗ {error}\n  log: {error.log or log}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
