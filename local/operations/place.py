"""Where a stage's queues and table are: the local ones by what `make up` left, AWS's by the names Terraform makes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from local import outputs
from local.clients import Clients
from local.delivery import site
from local.delivery.deploy import STAGES
from local.errors import LocalError
from local.layout import Layout

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient
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


def find(stage: str) -> Place:
    """Looks a stage up.

    Raises:
        LocalError: it is not up, not there, or these credentials see nothing of it.
    """
    return _local() if stage == LOCAL else _on_aws(stage, site.current())


def image_jobs_name(stage: str) -> str:
    """As terraform/environments/<stage> and modules/image_pipeline make it."""
    return f"gazette-{stage}-image-jobs"


def dead_letters_name(stage: str) -> str:
    """As modules/image_pipeline makes it."""
    return f"{image_jobs_name(stage)}-dead-letters"


def table_name(stage: str) -> str:
    """As modules/gazette makes it."""
    return f"gazette-{stage}-articles"


def _local() -> Place:
    known = outputs.read(Layout.default())
    clients = Clients(known["endpoint_url"])
    return Place(
        LOCAL,
        clients.sqs,
        clients.dynamodb,
        known["image_jobs_queue_url"],
        known["dead_letter_queue_url"],
        known["table_name"],
    )


def _on_aws(stage: str, where: site.Site) -> Place:
    sqs = where.session.client("sqs", region_name=where.region)

    def url(name: str) -> str:
        try:
            return sqs.get_queue_url(QueueName=name)["QueueUrl"]
        except ClientError as error:
            code = error.response["Error"].get("Code", "")
            if code.endswith(("NonExistentQueue", "QueueDoesNotExist")):
                raise LocalError(
                    f"Account {where.account} has no queue {name} in {where.region}: is {stage} deployed there, or in "
                    "another region (AWS_REGION) or account (AWS_PROFILE)?"
                ) from error
            raise

    return Place(
        stage,
        sqs,
        where.session.client("dynamodb", region_name=where.region),
        url(image_jobs_name(stage)),
        url(dead_letters_name(stage)),
        table_name(stage),
    )
