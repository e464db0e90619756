"""`python -m local.operations COMMAND [--stage local]`: the Makefile calls these.

On AWS they use the usual credentials (environment, profile, role). It takes sqs:GetQueueUrl on both queues;
sqs:GetQueueAttributes, ReceiveMessage and ChangeMessageVisibility on the dead letters; for a redrive sqs:DeleteMessage
there, and SendMessage on the jobs; lambda:GetFunctionConfiguration on the API's function, which knows the table's name.
With dynamodb:GetItem on the table the list shows the images' state, too.

Erasing an author takes all of that, GetQueueAttributes on the jobs, and the same as on the dead letters on
…-image-events-undelivered where that is there; on the table dynamodb:Scan, Query, GetItem, PutItem, UpdateItem and
DeleteItem; on both buckets s3:ListBucketVersions, DeleteObject and DeleteObjectVersion; cognito-idp:ListUserPools, and
on the user pool ListUsers and AdminGetUser, for the user itself also AdminDisableUser, AdminUserGlobalSignOut and
AdminDeleteUser.

By hand: logs take logs:FilterLogEvents on /aws/lambda/<name>-*; invoke takes lambda:InvokeFunction on <function>:live;
status takes lambda:GetAlias and ListVersionsByFunction, sqs:GetQueueUrl and GetQueueAttributes,
cloudwatch:DescribeAlarms, logs:FilterLogEvents and, of the state bucket, s3:ListBucket and GetObject. restore-drill
takes lambda:GetFunctionConfiguration, cloudwatch:DescribeAlarms, dynamodb:ListTables; on the table and on
<table>-restored-* dynamodb:DescribeTable, DescribeContinuousBackups, DescribeTimeToLive, ListTagsOfResource, GetItem,
Query and Scan; on the table RestoreTableToPointInTime, and on the other one RestoreTableToPointInTime, BatchWriteItem,
PutItem, UpdateItem, DeleteItem and DeleteTable.
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from articles.model import ArticleStatus
from articles.table import Table
from local.arguments import Parser, one_of
from local.errors import LocalError, is_unreachable
from local.operations import by_hand, listing
from local.operations.belongings import Belongings
from local.operations.erase import Eraser, Plan
from local.operations.images import Images
from local.operations.people import People
from local.operations.place import ALL_STAGES, LOCAL, Place, Stores, find, find_stores
from local.operations.queue import DeadLetterQueue
from local.operations.redrive import Outcome, redrive
from local.steps import step

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


def erase_author(stores: Stores, author: str, *, approved: bool, user_too: bool, of_deleted_too: bool) -> int:
    """Erases an author's articles, images, files with all versions, and what is kept under their id."""
    person = People(stores.cognito, stores.user_pool_id).find(author)
    stage = stores.place.stage
    with step(f"Looking for what {stage} has of {person.sub}") as current:
        plan = Eraser(stores, person, tell=current.note).plan()
    if plan.nothing and not (user_too and person.username) and not of_deleted_too:
        print(f"Nothing in {stage} is theirs.")
        return 0
    for line in _planned(plan, user_too=user_too, of_deleted_too=of_deleted_too):
        print(line)
    if not approved and not (
        sys.stdin.isatty() and input(f"Erase this in {stage} for good? Only yes will do: ").strip() == "yes"
    ):
        raise LocalError("Nothing was erased: that takes a yes, or, where nobody can be asked, APPROVE=yes.")
    with step(f"Erasing it in {stage}, and looking again") as current:
        erased = Eraser(stores, person, tell=current.note).carry_out(plan, user_too=user_too)
    print(
        f"Erased: {_number(erased.articles, 'article')}, {_number(erased.versions, 'old version')} of files, "
        f"{_number(erased.records, 'record')} under their id, {_number(erased.letters, 'letter')}."
    )
    if of_deleted_too:
        with step("Removing old versions of articles that were deleted before"):
            articles, versions = Belongings(stores, person.sub).delete_files_of_deleted_articles()
        print(f"Removed {_number(versions, 'old version')} of {_number(articles, 'article')} that nobody has any more.")
    if erased.jobs_waiting:
        print(
            f"The jobs' queue has {_number(erased.jobs_waiting, 'message')}, whoever's: one that names an erased "
            "article finds nothing and ends there.",
            file=sys.stderr,
        )
    for letter in erased.shared:
        print(
            f"✗ {letter}  names an erased article and another one: make redrive STAGE={stage} ID={letter}, then this "
            "again",
            file=sys.stderr,
        )
    if erased.shared:
        return 1
    print(f"Nothing of {person.sub} is left in {stage}'s table, buckets and queues.")
    print("Backups and logs keep what they had for a while: docs/security.md says how long.")
    return 0


def _planned(plan: Plan, *, user_too: bool, of_deleted_too: bool) -> Iterator[str]:
    def of(status: ArticleStatus) -> int:
        return plan.statuses.get(status, 0)

    if plan.statuses:
        yield (
            f"  {_number(sum(plan.statuses.values()), 'article')}: {of(ArticleStatus.PUBLISHED)} published, "
            f"{_number(of(ArticleStatus.DRAFT), 'draft')}, {of(ArticleStatus.DELETED)} being removed already"
        )
    if plan.images:
        yield f"  {_number(plan.images, 'image')} in these articles, from whomever, with all versions of the files"
    if plan.found.records:
        yield f"  {_number(len(plan.found.records), 'record')} under their id: idempotency keys, upload counters"
    if plan.noted:
        yield f"  {_number(len(plan.noted), 'article')} of an earlier run that did not get to its end"
    if plan.letters:
        yield f"  {_number(plan.letters, 'letter')}: dead letters and undelivered notifications that name any of this"
    if plan.person.username is None:
        yield "  the user pool has no such user (any more)"
    else:
        yield f"  the user {plan.person.username}" + ("" if user_too else ": stays, unless USER=yes is said")
    if of_deleted_too:
        yield "  old versions of the files of all articles that were deleted before, whoever's they were"
    else:
        yield "  not: old versions of articles that were deleted before; nothing says whose (DELETED=yes: all)"


def _number(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


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
    parser = Parser(prog="python -m local.operations", description="Operations on a stage.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    listed = commands.add_parser("dead-letters", help=dead_letters.__doc__)
    listed.add_argument("--json", action="store_true", help="for programs")
    sent = commands.add_parser("redrive", help=send_back.__doc__)
    sent.add_argument("--id", type=_ids, help="ids of letters, with commas between them (all)")
    erased = commands.add_parser("erase-author", help=erase_author.__doc__)
    erased.add_argument("--author", required=True, help="the sub, or the user name")
    erased.add_argument("--approve", action="store_true", help="do not ask")
    erased.add_argument("--user", action="store_true", help="delete the user as well")
    erased.add_argument("--deleted", action="store_true", help="old versions of all articles deleted before, too")
    others = by_hand.add_to(commands)
    for command in (listed, sent, erased, *others):
        command.add_argument("--stage", type=one_of("STAGE", *ALL_STAGES), default=LOCAL, help=f"({LOCAL})")
    arguments = parser.parse_args(argv)
    if arguments.stage == LOCAL:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            del os.environ[name]  # a profile or an endpoint of the real AWS has no business here
    try:
        if arguments.command in by_hand.COMMANDS:
            return by_hand.run(arguments)
        if arguments.command == "erase-author":
            if not arguments.author.strip():
                raise LocalError("Say whose: AUTHOR=<sub or name>.")
            return erase_author(
                find_stores(arguments.stage),
                arguments.author,
                approved=arguments.approve,
                user_too=arguments.user,
                of_deleted_too=arguments.deleted,
            )
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
        if is_unreachable(error):
            return "The local cloud does not answer: `make up` brings it back."
        return "The local cloud does not answer as expected: .local/logs has its programs' logs."
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
