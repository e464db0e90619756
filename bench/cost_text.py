"""What docs/cost.md says around its tables."""

from bench import cost_model as model
from bench.prices import PRICES, dollars

MILLION = 1_000_000

INTRODUCTION = """\
# What it costs

`make cost` writes this page: from `bench/measurements.json` (calls, capacity and CPU time as they were measured, with
Python {python}) and `bench/prices.py` (public list prices of {region}, **written down from memory on {noted} and not
compared with AWS's pages: check them before you rely on a figure**). `make cost MEASURE=all` measures anew. All is in
US dollars, on demand, with no free tier taken off; data transfer out stands apart.

Measured: every call that leaves a function, the units of DynamoDB that it consumes, and the CPU time of our handlers
and the naive ones, each in a process of its own with AWS's answers given to it over HTTP (without TLS, which both
would pay for). It was measured on {cpus} CPUs with a load of {load}: where that is above the number of CPUs, the times
are upper bounds, and their ratios are worth more than they are. Assumed, and named as such in `bench/cost_model.py`:
that a CPU of Lambda is as fast as that machine's, how long AWS's services take to answer, and how many bytes the
platform logs.
"""

REQUESTS = """\
Dollars for a million of each, warm. The table has {articles} articles of 4,000 characters with three tags, two images
each with eight labels. Reading includes the authorizer, which runs for every read, with or without a token; it and
the API are in "Lambda". WAF (prod has it by default) adds {waf:.2f} to every row, X-Ray (`tracing`, on by default,
samples 5 %) {xray:.2f}; neither is in it on either side.
""".replace("{waf:.2f}", f"{MILLION * dollars('waf.request'):.2f}").replace(
    "{xray:.2f}", f"{MILLION * dollars('xray.trace', model.TRACED):.2f}"
)

CHEAPER = """\
Where the naive design is cheaper it leaves something out, and this is the price of it: a page of the feed asks 16
shards, so that the feed takes 16,000 new articles a second and not 1,000; a write is a transaction (twice the units),
so that tags, feed and article can't disagree, no update is lost and a repeated request is done once. What a deletion
leaves to the worker (the files, the labels' entries) is not in its row; the naive one does it at once, as far as it
does it.
"""

GROWS = """\
The naive design scans for whatever it has no index for. What a scan reads grows in proportion with the table; the
rows above have it for the table that was measured. Ours asks for one page, whatever the table's size
(`tests/integration/test_articles_calls.py`).
"""

PICTURES = """\
Dollars for a thousand pictures of 12 megapixels ({size:.1f} MB), from the upload to the result, one a message;
registering them is a request of its own, above. "Seen before": the very same file was analysed in the last 30 days,
so Rekognition is not asked. Ours makes two renditions, lists eight labels in the index, and tells the topic; the
naive worker does none of that.
"""

TRANSFER = """\
Readers fetch renditions from S3 ({transfer} a GB out, and a GET each) or through CloudFront; the naive design shows
them the upload itself. This is by far the largest sum as soon as pictures are looked at.
"""

IDLE = """\
The table's, the buckets' and the logs' storage come on top: {storage} a GB and month in DynamoDB, {s3} in S3.
""".format(storage=PRICES["dynamodb.storage"].dollars, s3=PRICES["s3.storage"].dollars)

MEMORY = f"""\
CPU time is divided by Lambda's share (memory / 1,769 MB, {model.MOST_CPUS} at 3,008), waiting is not; one request, or
one picture, is taken to use one CPU at a time. Latency is the function's own. Requests are in the dollars. Sizes that
the measured peak does not fit are left out. Larger pictures need more than the worker's table shows:
`image_worker/memory.py` reserves what each one takes.
"""

VERDICT = """\
By cost × latency the api would have {api:,} MB for reading an article and {feed:,} for the feed (default
{api_default:,}); the worker {worker:,} for one picture at a time and {batch:,} for four (default
{worker_default:,}, which also has to hold the largest pictures). Lambda's part of a request is small beside API
Gateway's, and the start of an environment takes less the more CPU there is. On arm64 the same milliseconds cost
{arm:.0%} less; whether they are the same has not been measured.
"""

COLD = """\
Lambda bills the start of an execution environment like any other time. Starting takes {ours:.0f} ms of CPU for our
api and {naive:.0f} for the naive one (without the runtime's own start, and without SnapStart). Dollars for a million
reads of an article:
"""

CAPACITY = """\
The patterns and their calls are those that the tests count (`tests/access_patterns.py`), on articles with next to no
text: the least that each takes. The units are worked out by `bench/capacity_units.py` from the items that the
requests on the wire touched, by the rules of DynamoDB's developer guide, because no emulator counts them as DynamoDB
does. moto answers 0.5 or 1 for every call and nothing for transactions. ministack agreed with every total when it was
last asked (before an article's standing had an item of its own), except that a condition that fails costs nothing
there (`claim an image job that was given up`, `remove a tombstone`); but it takes no account of sizes when reading.
What a transaction writes to an index is counted once, not twice: it reaches the index after the transaction has
completed, says the guide ("Amazon DynamoDB Transactions: How it works"), though not what that is billed, and
ministack's authors report it so from the real service.
"""

OPERATIONS = """\
The same for the API's operations, with articles of a real size (as under "A million requests"); services other than
DynamoDB by name.
"""

NAIVE = """\
What people usually write first (`bench/naive_api.py`, `bench/naive_worker.py`): Flask behind serverless-wsgi,
`boto3.resource`, a table for articles and one for images, one index with everything in it for the feed. An article
lists its images' ids, and each is read by a call of its own (N + 1). Tags, authors and labels are scanned for. Writes
are unconditional puts; nothing is idempotent, limited or remembered for a second delivery: each costs two calls of
Rekognition. The worker takes one message after the other, makes no renditions and reuses nothing. It has the same
memory as ours here, and no authorizer on reading, where it knows nobody.
"""
