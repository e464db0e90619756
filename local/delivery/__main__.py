"""`python -m local.delivery bootstrap|deploy|plan|rollback|releases [--stage dev]`: the Makefile calls these.

Settings come from the environment, as a workflow sets them. AWS's own; APPROVE=yes applies without asking;
TAKE_OVER=yes goes on where a deploy was killed; ACCEPT_FINDINGS=yes takes what ECR's scan found to prod;
ACCEPT_ALARMS=yes releases while an alarm is on, for the change that ends it;
ARCHITECTURE is the functions'; GAZETTE_STATE_BUCKET, GAZETTE_REGISTRY and GAZETTE_API_URL name other places than the
usual ones.
"""

import os
import signal
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from local.arguments import Parser, one_of
from local.delivery.deploy import STAGES, Delivery, destination
from local.errors import LocalError
from local.layout import CHECKOUT, Layout

COMMANDS = {
    "deploy": Delivery.deploy,
    "plan": Delivery.plan,
    "rollback": Delivery.rollback,
    "releases": Delivery.show,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit status."""
    parser = Parser(prog="python -m local.delivery", description="Delivery to AWS, by digest.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    commands.add_parser("bootstrap", help=Delivery.bootstrap.__doc__)
    for name, run in COMMANDS.items():
        commands.add_parser(name, help=run.__doc__).add_argument(
            "--stage", type=one_of("STAGE", *STAGES), required=True
        )
    arguments = parser.parse_args(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled workflow ends like Ctrl-C: in good order
    layout = Layout.default()
    try:
        delivery = Delivery(
            destination(),
            layout,
            approved=os.environ.get("APPROVE") == "yes",
            take_over=os.environ.get("TAKE_OVER") == "yes",
            accept_findings=os.environ.get("ACCEPT_FINDINGS") == "yes",
            accept_alarms=os.environ.get("ACCEPT_ALARMS") == "yes",
        )
        if arguments.command == "bootstrap":
            delivery.bootstrap()
        else:
            COMMANDS[arguments.command](delivery, arguments.stage)
    except LocalError as error:
        print(f"✗ {error}", file=sys.stderr)
        log = error.log or layout.log("delivery")
        if log.exists() and log.stat().st_size:
            print(f"  log: {str(log).removeprefix(f'{CHECKOUT}/')}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError, OSError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
