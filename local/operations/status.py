"""A stage at a glance: what is in service, what waits, what rings."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from local.delivery.releases import Records
from local.errors import LocalError
from local.operations.account import ALIAS, FUNCTIONS, Account
from local.operations.logs import Reader
from local.operations.place import dead_letters_name, image_jobs_name, undelivered_name, url_of

SWEEPS_LOOKED_FOR = timedelta(hours=1)  # it runs every five minutes
WIDTH = 13


def lines(account: Account) -> Iterator[str]:
    """For people: functions, queues, alarms, the sweeper's last run, the last release.

    Raises:
        LocalError: nothing of the stage is there.
    """
    yield from _functions(account)
    yield from _queues(account)
    yield from _alarms(account)
    yield _row("last sweep", _last_sweep(account))
    if account.site:
        yield _row("last release", _last_release(account))


def _row(title: str, text: str) -> str:
    return f"{title:<{WIDTH}}{text}"


def _functions(account: Account) -> Iterator[str]:
    client = account.client("lambda")
    for key in FUNCTIONS:
        name = account.function_name(key)
        try:
            alias = client.get_alias(FunctionName=name, Name=ALIAS)
            pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
            versions = [one["Version"] for page in pages for one in page["Versions"] if one["Version"] != "$LATEST"]
        except client.exceptions.ResourceNotFoundException as error:
            raise LocalError(
                f"{account.stage} has no function {name} with an alias {ALIAS}: is it deployed, and in this region "
                "(AWS_REGION) and account (AWS_PROFILE)?"
            ) from error
        weights = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        rest = 1 - sum(weights.values())
        shown = f"version {alias['FunctionVersion']}" + (f" ({rest:.0%})" if weights else "")
        shown += "".join(f", version {version} ({weight:.0%})" for version, weight in weights.items())
        newest = max(versions, key=int, default=alias["FunctionVersion"])
        if newest not in (alias["FunctionVersion"], *weights):
            shown += f"; version {newest} is published, but not in service"
        yield _row(key, shown)


def _queues(account: Account) -> Iterator[str]:
    jobs = _messages(account, image_jobs_name(account.stage))
    yield _row("image jobs", "{} waiting, {} in work, {} for later".format(*jobs) if jobs else "no such queue")
    letters = _messages(account, dead_letters_name(account.stage))
    if letters is None:
        yield _row("dead letters", "no such queue")
    elif sum(letters):
        yield _row("dead letters", f"{sum(letters)}: make dead-letters STAGE={account.stage}")
    else:
        yield _row("dead letters", "none")
    undelivered = _messages(account, undelivered_name(account.stage))
    if undelivered is not None:  # where there is a webhook
        yield _row("undelivered", f"{sum(undelivered)} notifications")


def _messages(account: Account, name: str) -> tuple[int, int, int] | None:
    """How many wait, are in somebody's hands, come later, by SQS's approximate count; None where there is no queue."""
    sqs = account.client("sqs")
    url = url_of(sqs, name)
    if url is None:
        return None
    prefix = "ApproximateNumberOfMessages"
    names = (prefix, f"{prefix}NotVisible", f"{prefix}Delayed")
    counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))["Attributes"]
    waiting, working, later = (int(counted[name]) for name in names)
    return waiting, working, later


def _alarms(account: Account) -> Iterator[str]:
    pages = account.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{account.name}-")
    alarms = [alarm for page in pages for kind in ("MetricAlarms", "CompositeAlarms") for alarm in page.get(kind, [])]
    ringing = [alarm for alarm in alarms if alarm["StateValue"] == "ALARM"]
    silent = [alarm["AlarmName"] for alarm in alarms if not alarm.get("ActionsEnabled", True)]
    yield _row("alarms", f"{len(ringing)} of {len(alarms)} ringing")
    for alarm in ringing:
        since = alarm.get("StateUpdatedTimestamp")
        when = f" since {since.astimezone(UTC):%Y-%m-%dT%H:%MZ}" if since else ""
        yield _row("", f"✗ {alarm['AlarmName']}{when}: {alarm.get('StateReason', '')}")
    if silent:
        yield _row("", f"tell nobody: {', '.join(silent)}")


def _last_sweep(account: Account) -> str:
    now = time.time()
    reports = [
        line
        for line in Reader(account, ("sweeper",)).read(now - SWEEPS_LOOKED_FOR.total_seconds())
        if line.text.startswith("REPORT RequestId: ")
    ]
    if not reports:
        return f"has not run in the last {SWEEPS_LOOKED_FOR.seconds // 60} minutes"
    return f"ran {reports[-1].at}, {_ago(now - reports[-1].time / 1000)} ago"


def _last_release(account: Account) -> str:
    assert account.site  # noqa: S101 - asked by the caller
    if not account.site.has_state_bucket():
        return f"no bucket {account.site.state_bucket} that would know"
    history = Records(account.site.s3, account.site.state_bucket, account.stage).history
    if not history:
        return "none is on record"
    last = history[-1]
    commit = f", commit {last.commit[:12]}" if last.commit else ""
    at = datetime.fromisoformat(last.at)
    return f"{last.kind} of {last.at} by {last.by}: {last.status}, {_ago(time.time() - at.timestamp())} ago{commit}"


def _ago(seconds: float) -> str:
    for length, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds):.0f} s"
