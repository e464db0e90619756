"""`python -m tests.fuzz [--seconds 60] [--target NAME]`: the seconds are shared among the targets."""

import argparse
import sys

from tests.fuzz.run import fuzz
from tests.fuzz.target import SHARES, seconds_each


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--target", choices=SHARES)
    parser.add_argument("--engine", choices=["hypothesis"], help="instead of atheris, where that is installed")
    given = parser.parse_args()
    found = False
    for name, seconds in seconds_each(given.seconds, [given.target] if given.target else SHARES).items():
        outcome = fuzz(name, seconds, with_engine=given.engine)
        print(f"{'✗' if outcome.finding else '✓'} {name:<10} {outcome.tried:>10,} inputs, {outcome.seconds:4.0f} s, "
              f"{outcome.engine}", flush=True)  # fmt: skip
        if outcome.finding:
            found = True
            print(f"{outcome.report}\nThe input is {outcome.finding}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
