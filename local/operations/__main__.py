"""`python -m local.operations dead-letters|redrive [--stage local]`: the Makefile calls these.

On AWS they use the usual credentials (environment, profile, role). It takes sqs:GetQueueUrl on both queues;
sqs:GetQueueAttributes, ReceiveMessage and ChangeMessageVisibility on the dead letters; for a redrive sqs:DeleteMessage
there, and SendMessage on the jobs. With dynamodb:GetItem on the table the list shows the images' state, too.
"""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from articles.table import Table
from local.errors import LocalError
from local.operations import listing
from local.operations.images import Images
from local.operations.place import ALL_STAGES, LOCAL, Place, find
from local.operations.queue import DeadLetterQueue
from local.operations.redrive import Outcome, redrive

LOOK = 60
"""Seconds after which letters that are being listed come back, should the command be killed."""

_REFUSALS = ("AccessDenied", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized")


def dead_letters(place: Place, *, as_json: bool) -> int:
    """Lists the dead letters with their reasons. Takes none away."""
    queue = DeadLetterQueue(place.sqs, place.dead_letters_url, place.image_jobs_url)
    images = Images(Table(place.dynamodb, place.table_name))
    counted = queue.count()
    with queue.lent(LOOK) as letters:
        pass
    if as_json:
        print(listing.for_programs(place.stage, letters, images, counted))
    else:
        for line in listing.for_people(letters, images):
            print(line)
        print(f"{'' if not letters else chr(10)}{_counted(len(letters))} in {place.stage}.")
    if images.unreadable:
        print(f"The images' state is not shown: the table cannot be read ({images.unreadable}).", file=sys.stderr)
    if counted > len(letters):
        print(
            f"SQS counts about {counted}: the count is old, or another command holds the rest (two minutes at most).",
            file=sys.stderr,
        )
    return 0


def send_back(place: Place, ids: frozenset[str] | None) -> int:
    """Sends dead letters back to work: all, or those with the given ids."""
    queue = DeadLetterQueue(place.sqs, place.dead_letters_url, place.image_jobs_url)
    result = redrive(queue, ids, _tell)
    for missing in result.missing:
        print(f"✗ {missing}  not in the dead letters, or in another command's hands", file=sys.stderr)
    done = sum(1 for outcome in result.outcomes if outcome.new_id)
    print(f"{_counted(done)} sent back to work in {place.stage}.")
    return 0 if result.complete else 1


def _tell(outcome: Outcome) -> None:
    if outcome.why:
        print(f"✗ {outcome.letter.id}  {outcome.fate.value}: {outcome.why}", file=sys.stderr)
    else:
        print(f"✓ {outcome.letter.id}  {outcome.fate.value} as {outcome.new_id}", flush=True)


def _counted(number: int) -> str:
    return f"{number or 'No'} dead letter{'' if number == 1 else 's'}"


def _ids(text: str) -> frozenset[str] | None:
    """`a,b` or `a b`; nothing means all."""
    return frozenset(text.replace(",", " ").split()) or None


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit status."""
    parser = argparse.ArgumentParser(prog="python -m local.operations", description="Operations on a stage.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    listed = commands.add_parser("dead-letters", help=dead_letters.__doc__)
    listed.add_argument("--json", action="store_true", help="for programs")
    sent = commands.add_parser("redrive", help=send_back.__doc__)
    sent.add_argument("--id", type=_ids, help="ids of letters, with commas between them (all)")
    for command in (listed, sent):
        command.add_argument("--stage", choices=ALL_STAGES, default=LOCAL, help=f"({LOCAL})")
    arguments = parser.parse_args(argv)
    if arguments.stage == LOCAL:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]  # a profile or an endpoint of the real AWS has no business here
    try:
        place = find(arguments.stage)
        if arguments.command == "dead-letters":
            return dead_letters(place, as_json=arguments.json)
        return send_back(place, arguments.id)
    except LocalError as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        print(f"✗ {error}", file=sys.stderr)
        print(f"  {_advice(arguments.stage, error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _advice(stage: str, error: BotoCoreError | ClientError) -> str:
    if stage == LOCAL:
        return "The local cloud does not answer as expected: `make up` brings it back."
    if isinstance(error, ClientError) and error.response["Error"].get("Code", "").startswith(_REFUSALS):
        return "These credentials may not do that; local/operations/__main__.py lists the permissions that it takes."
    return f"{stage} does not answer as expected: try again in a moment."


def _interrupt(*_: object) -> None:
    """Ends like Ctrl-C, with every letter given back: further signals, of which make sends one, do not disturb that."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    for terminating in (signal.SIGINT, signal.SIGTERM):
        signal.signal(terminating, _interrupt)
    sys.exit(main())
