"""Why an aim is missed, where it is: what bench/report.py says below its table."""

from collections.abc import Iterator, Mapping
from typing import Any

from bench import results

_REASONS = {
    "dependencies_on_disk": "cryptography, which checks RS256 and signs CloudFront's URLs, takes more than the aim "
    "leaves for everything; the rest would reach it. RSA of our own would be a bad trade for that "
    "([decision 9](decisions/0009-cold-start.md)).",
    "image_over_base": "as `dependencies_on_disk`, with our code.",
    "warm_": "without labels and URLs a call is mostly serverless-wsgi and Flask, which the usual stack has too; ours "
    "also writes a line of log, an ETag and the headers for browsers, and checks who asks. `_full` is the call that "
    "articles with pictures have.",
    "snapstart_time": "it is close to the aim, now below, now above. Most of a copy's few milliseconds are the "
    "kernel's, which brings in each page that is touched first; in instructions the ratio is 0.02.",
    "worker: 12-megapixel JPEG, peak memory": "the naive worker hands a JPEG on without decoding it, and Python with "
    "the SDK's clients takes most of either figure before the first picture comes.",
    "worker: 48-megapixel HEIC, pictures": "nearly all of the time is the decoder's, on both sides.",
}
"""By the beginning of a benchmark's name."""


def missed(found: Mapping[str, Any]) -> Iterator[str]:
    """A line for each benchmark that does not reach its aim; of one that nobody has looked into, it says so."""
    for name, result in found.items():
        if results.is_met(result) is False:
            why = next((text for start, text in _REASONS.items() if name.startswith(start)), "nobody knows yet.")
            yield f"- `{name}`: {why}\n"
