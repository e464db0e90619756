"""`python -m local.page`: serve until SIGTERM or Ctrl-C. Prints one line when ready."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from local.layout import SERVICES
from local.page.server import PageServer
from local.ports import HOST


def main() -> int:
    """Serves until it is told to end."""
    parser = argparse.ArgumentParser(prog="python -m local.page", description="A stand-in for the page's CloudFront.")
    parser.add_argument("--bind", default=HOST, help=f"address to listen on ({HOST})")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes one that is free")
    parser.add_argument("--outputs", type=Path, required=True, help="what `make up` writes when it is through")
    parser.add_argument("--files", type=Path, default=SERVICES / "web", help="the page (services/web)")
    arguments = parser.parse_args()
    try:
        server = PageServer((arguments.bind, arguments.port), arguments.files, arguments.outputs)
    except (OSError, OverflowError) as error:
        print(f"Cannot listen on {arguments.bind}:{arguments.port}: {error}", file=sys.stderr)
        return 1

    def stop(*_: object) -> None:
        # shutdown() waits for serve_forever, which runs in this very thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Page ready on http://{arguments.bind}:{server.server_port}", flush=True)
    with server:
        server.serve_forever(poll_interval=0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
