"""All benchmarks that this machine can run, or those named, each in its own process: `python -m bench [NAME …]`.

Run all, they write bench/results.json anew; by name, they replace their own figures. docs/performance.md is made of it.
"""

import subprocess
import sys
import time

from bench import report, results, stacks
from local.errors import LocalError
from local.images import engine

NAMES = ("start", "warm", "snapstart", "worker", "end_to_end", "feed", "feed_writes", "calls", "cold_start")
NEED_DOCKER = {"cold_start"}


def main() -> int:
    wanted = sys.argv[1:] or NAMES
    unknown = sorted(set(wanted) - set(NAMES))
    if unknown:
        print(f"No such benchmark: {', '.join(unknown)}. There are {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    if wanted is NAMES:
        results.FILE.unlink(missing_ok=True)
    results.note_machine(stacks.version())
    failed = 0
    for name in wanted:
        print(f"── {name}", flush=True)
        began = time.monotonic()
        if name in NEED_DOCKER and (reason := no_docker()):
            print(f"skipped: {reason}\n")
            continue
        failed |= subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode
        print(f"   {time.monotonic() - began:.0f} s\n", flush=True)
    failed |= report.main()
    return 1 if failed else 0


def no_docker() -> str:
    """Why no Docker engine can be used; empty where one can."""
    try:
        engine.client()
    except LocalError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    sys.exit(main())
