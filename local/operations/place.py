"""Where a stage's queues, table, buckets and users are.

The local ones by what `make up` left, AWS's by the names that Terraform makes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local import outputs
from local.clients import Clients
from local.delivery import site
from local.delivery.deploy import STAGES
from local.errors import LocalError
from local.layout import Layout

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

LOCAL = "local"
ALL_STAGES = (LOCAL, *STAGES)


@dataclass(frozen=True)
class Place:
    """What the commands talk to."""

    stage: str
    sqs: "SQSClient"
    dynamodb: "DynamoDBClient"
    image_jobs_url: str
    dead_letters_url: str
    table_name: str


@dataclass(frozen=True)
class Stores:
    """Everything of a stage that may hold something of a person."""

    place: Place
    s3: "S3Client"
    cognito: "CognitoIdentityProviderClient"
    uploads_bucket: str
    media_bucket: str
    user_pool_id: str
    undelivered_url: str | None
    """The queue of the notifications that the webhook did not take; None where there is no webhook."""


def find(stage: str) -> Place:
    """Looks a stage up.

    Raises:
        LocalError: it is not up, not there, or these credentials see nothing of it.
    """
    return _local() if stage == LOCAL else _on_aws(stage, site.current())


def find_stores(stage: str) -> Stores:
    """Looks up where a stage keeps things.

    Raises:
        LocalError: as `find`.
    """
    return _local_stores() if stage == LOCAL else _stores_on_aws(stage, site.current())


def image_jobs_name(stage: str) -> str:
    """As terraform/environments/<stage> and modules/image_pipeline make it."""
    return f"gazette-{stage}-image-jobs"


def dead_letters_name(stage: str) -> str:
    """As modules/image_pipeline makes it."""
    return f"{image_jobs_name(stage)}-dead-letters"


def table_name(stage: str) -> str:
    """As modules/gazette makes it, where no other one is set."""
    return f"gazette-{stage}-articles"


def table_of(stage: str, client: Callable[[str], Any]) -> str:
    """The table that the API uses now. One that was restored from a backup has another name."""
    if stage == LOCAL:
        return str(outputs.read(Layout.default())["table_name"])
    lambda_ = client("lambda")
    try:
        configuration = lambda_.get_function_configuration(FunctionName=f"gazette-{stage}-api", Qualifier="live")
    except lambda_.exceptions.ResourceNotFoundException:
        return table_name(stage)  # torn down already, or not up yet
    return str(configuration["Environment"]["Variables"]["TABLE_NAME"])


def undelivered_name(stage: str) -> str:
    """As modules/image_pipeline makes it."""
    return f"gazette-{stage}-image-events-undelivered"


def bucket_name(stage: str, purpose: str, account: str, region: str) -> str:
    """As modules/image_pipeline makes them; `purpose` is uploads or media."""
    return f"gazette-{stage}-{purpose}-{account}-{region}"


def user_pool_name(stage: str) -> str:
    """As modules/identity makes it."""
    return f"gazette-{stage}"


def _local() -> Place:
    known = outputs.read(Layout.default())
    return _local_place(known, Clients(known["endpoint_url"]))


def _local_stores() -> Stores:
    known = outputs.read(Layout.default())
    clients = Clients(known["endpoint_url"])
    return Stores(
        _local_place(known, clients),
        clients.s3,
        clients.cognito,
        known["uploads_bucket"],
        known["media_bucket"],
        known["user_pool_id"],
        url_of(clients.sqs, undelivered_name(LOCAL)),
    )


def _local_place(known: Mapping[str, Any], clients: Clients) -> Place:
    return Place(
        LOCAL,
        clients.sqs,
        clients.dynamodb,
        known["image_jobs_queue_url"],
        known["dead_letter_queue_url"],
        known["table_name"],
    )


def _on_aws(stage: str, where: site.Site) -> Place:
    make: Callable[..., Any] = where.session.client
    sqs = where.session.client("sqs", region_name=where.region)

    def url(name: str) -> str:
        found = url_of(sqs, name)
        if found is None:
            raise _not_there(f"queue {name}", stage, where)
        return found

    return Place(
        stage,
        sqs,
        where.session.client("dynamodb", region_name=where.region),
        url(image_jobs_name(stage)),
        url(dead_letters_name(stage)),
        table_of(stage, lambda service: make(service, region_name=where.region)),
    )


def _stores_on_aws(stage: str, where: site.Site) -> Stores:
    place = _on_aws(stage, where)
    cognito = where.session.client("cognito-idp", region_name=where.region)
    pages = cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60})
    name = user_pool_name(stage)
    pools = [pool["Id"] for page in pages for pool in page["UserPools"] if pool.get("Name") == name]
    if len(pools) > 1:
        raise LocalError(f"Account {where.account} has {len(pools)} user pools {name} in {where.region}: one expected.")
    if not pools:
        raise _not_there(f"user pool {name}", stage, where)
    return Stores(
        place,
        where.session.client("s3", region_name=where.region),
        cognito,
        bucket_name(stage, "uploads", where.account, where.region),
        bucket_name(stage, "media", where.account, where.region),
        pools[0],
        url_of(place.sqs, undelivered_name(stage)),
    )


def url_of(sqs: "SQSClient", name: str) -> str | None:
    """A queue's URL; None where there is no such queue."""
    try:
        return sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except ClientError as error:
        if error.response["Error"].get("Code", "").endswith(("NonExistentQueue", "QueueDoesNotExist")):
            return None
        raise


def _not_there(what: str, stage: str, where: site.Site) -> LocalError:
    return LocalError(
        f"Account {where.account} has no {what} in {where.region}: is {stage} deployed there, or in another region "
        "(AWS_REGION) or account (AWS_PROFILE)?"
    )
