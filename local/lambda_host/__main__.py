"""`python -m local.lambda_host --port N --endpoint-url URL --logs DIRECTORY`: runs until SIGTERM."""

import argparse
import signal
import threading
from pathlib import Path

from local.clients import Clients
from local.lambda_host.configuration import DeployedFunctions
from local.lambda_host.pool import Pool
from local.lambda_host.server import FunctionHost
from local.lambda_host.sources import SourceTree
from local.layout import SERVICES
from local.ports import HOST


def main() -> None:
    """Serves until it is told to end; its children end with it."""
    parser = argparse.ArgumentParser(prog="python -m local.lambda_host", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--endpoint-url", required=True, help="the emulator, which knows functions and roles")
    parser.add_argument("--logs", type=Path, required=True, help="directory of the functions' logs")
    arguments = parser.parse_args()

    clients = Clients(arguments.endpoint_url)
    deployed = DeployedFunctions(clients.lambda_, clients.sts)
    sources = SourceTree(SERVICES)
    server = FunctionHost(
        (HOST, arguments.port), lambda key: Pool(deployed, sources, SERVICES, arguments.logs / f"{key}.log")
    )
    # shutdown() waits for serve_forever() to return, so it cannot be called on the thread that serves.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    with server:
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
