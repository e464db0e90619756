"""A stage's account, for the commands that look at many services of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local import outputs
from local.clients import Clients
from local.delivery.site import Site, current
from local.layout import Layout
from local.operations.place import LOCAL

FUNCTIONS = ("api", "authorizer", "image_worker", "sweeper")
ALIAS = "live"  # modules/lambda_image's


@dataclass(frozen=True)
class Account:
    """Where a stage is, and what its resources' names begin with."""

    stage: str
    name: str
    client: Callable[[str], Any]
    """Makes a client of a service."""
    site: Site | None = None
    """None for the local cloud, which has no deliveries."""

    def function_name(self, key: str) -> str:
        """As modules/gazette makes it."""
        return f"{self.name}-{key.replace('_', '-')}"

    def log_group(self, key: str) -> str:
        """As modules/lambda_image makes it."""
        return f"/aws/lambda/{self.function_name(key)}"


def find(stage: str) -> Account:
    """Looks a stage up.

    Raises:
        LocalError: the local cloud is not up, or AWS takes no credentials from here.
    """
    if stage == LOCAL:
        known = outputs.read(Layout.default())
        return Account(LOCAL, known["api_function"].removesuffix("-api"), Clients(known["endpoint_url"]).client)
    where = current()
    make: Callable[..., Any] = where.session.client
    return Account(stage, f"gazette-{stage}", lambda service: make(service, region_name=where.region), where)
