"""`python -m local.policies`: writes the matrix of the running stack's policies into docs/security.md."""

import sys

from botocore.exceptions import BotoCoreError, ClientError

from local import outputs
from local.clients import Clients
from local.errors import LocalError
from local.layout import CHECKOUT, Layout
from local.policies.applied import Applied
from local.policies.matrix import Names, cells_of, draw, written_into

DOCUMENT = CHECKOUT / "docs" / "security.md"


def main() -> int:
    """The exit status. Writes only where something differs."""
    try:
        known = outputs.read(Layout.default())
        applied = Applied(Clients(known["endpoint_url"]), known)
        roles, grants = applied.roles(), applied.grants()
    except (LocalError, BotoCoreError, ClientError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    before = DOCUMENT.read_text("utf-8")
    matrix = draw(roles, grants, Names.of(known["table_name"], known["image_events_topic_arn"]))
    after = written_into(before, matrix)
    if after != before:
        DOCUMENT.write_text(after, "utf-8")
    print(f"{'✓ as it was' if after == before else '✓ written'}: {len(cells_of(roles))} cells, docs/security.md")
    return 0


if __name__ == "__main__":
    sys.exit(main())
