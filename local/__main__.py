"""The local cloud's commands: `python -m local up|down|status|token|password|demo`. The Makefile calls them."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from local import outputs
from local.arguments import Parser, one_of, port
from local.clients import Clients
from local.demo.tour import demo
from local.errors import LocalError, is_unreachable
from local.layout import CHECKOUT, Layout
from local.operations import status as stage_status
from local.operations.account import find as find_account
from local.operations.place import LOCAL
from local.passwords import Passwords
from local.ports import HOST
from local.stack import DEFAULT_PORT, Stack
from local.users import UserPool


def up(arguments: argparse.Namespace) -> None:
    """Starts the local cloud, applies Terraform, prints the URLs of the API and of the page."""
    layout = Layout.default()
    applied = Stack(layout, arguments.port, arguments.runtime, arguments.bind, arguments.page_port).up()
    print(f"\nAPI      {applied['api_url']}\nPage     {applied['page_url']}")
    print(f"Outputs  {_shown(layout.outputs)}\nLogs     {_shown(layout.logs)}/")


def serve(arguments: argparse.Namespace) -> None:
    """Does what `up` does, stays until it is told to end, and does what `down` does."""
    try:
        up(arguments)
        while True:
            signal.pause()
    finally:
        Stack(Layout.default()).down()


def down(_arguments: argparse.Namespace) -> None:
    """Stops what `up` started."""
    stopped = Stack(Layout.default()).down()
    print("✓ stopped " + ", ".join(stopped) if stopped else "Nothing was running.")


def status(_arguments: argparse.Namespace) -> None:
    """Prints what runs, where API and page are, and what is in service and waits there; fails when only some runs."""
    layout = Layout.default()
    found = Stack(layout).status()
    if not any(found.values()):
        print("Nothing runs: `make up` starts it.")
        return
    for name, process in found.items():
        print(f"{name:<12} " + (f"process {process.pid}, port {process.port}" if process else "not running"))
    if None in found.values():
        raise LocalError("Not everything runs: `make up` starts what is missing.", layout.logs)
    known = outputs.read(layout)
    print(f"{'API':<12} {known['api_url']}\n{'Page':<12} {known['page_url']}\n")
    for line in stage_status.lines(find_account(LOCAL)):
        print(line)


def token(arguments: argparse.Namespace) -> None:
    """Prints an ID token."""
    print(_users(Layout.default()).token(arguments.user, arguments.group))


def password(arguments: argparse.Namespace) -> None:
    """Prints what signs a user in on the page."""
    print(_users(Layout.default()).password(arguments.user, arguments.group))


def run_demo(_arguments: argparse.Namespace) -> None:
    """Does the main job over the API."""
    layout = Layout.default()
    demo(outputs.read(layout), _users(layout))


def _users(layout: Layout) -> UserPool:
    known = outputs.read(layout)
    cognito = Clients(known["endpoint_url"]).cognito
    return UserPool(cognito, known["user_pool_id"], known["user_pool_client_id"], Passwords.of_stack(layout))


def _shown(path: object) -> str:
    return str(path).removeprefix(f"{CHECKOUT}/")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m local", description="The cloud on a laptop.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], None]) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=run.__doc__)
        added.set_defaults(run=run)
        return added

    for name, run in (("up", up), ("serve", serve)):
        started = command(name, run)
        port_help = f"of the AWS emulator (the one that it has, else {DEFAULT_PORT})"
        started.add_argument("--port", type=port, help=port_help)
        runtime = one_of("RUNTIME", "process", "docker", also=("attached",))  # that one is docker/compose.yaml's
        started.add_argument("--runtime", type=runtime, default="process", help="of the functions (process)")
        started.add_argument("--bind", default=HOST, help=f"the interface to serve on ({HOST})")
        page_port_help = "of the page (the one that it has, else the next one to the emulator's)"
        started.add_argument("--page-port", type=port, help=page_port_help)
    command("down", down)
    command("status", status)
    for name, run in (("token", token), ("password", password)):
        of_user = command(name, run)
        of_user.add_argument("--user", default="alice", help="is created where missing (alice)")
        of_user.add_argument("--group", help="is joined first, for example editors")
    command("demo", run_demo)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit status."""
    arguments = _parser().parse_args(argv)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]  # a profile or an endpoint of the real AWS has no business here
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends like Ctrl-C: with what was started for it
    try:
        arguments.run(arguments)
    except LocalError as error:
        print(f"✗ {error}", file=sys.stderr)
        if error.log:
            print(f"  log: {_shown(error.log)}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        if is_unreachable(error):
            print(f"✗ The local cloud does not answer: {error}\n  `make up` brings it back.", file=sys.stderr)
        else:
            print(f"✗ The local cloud does not answer as expected: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
