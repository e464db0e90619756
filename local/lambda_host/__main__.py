"""`python -m local.lambda_host --port N --endpoint-url URL --logs DIRECTORY`: runs until SIGTERM."""

import argparse
import signal
import threading
from pathlib import Path

from local.clients import Clients
from local.lambda_host.attached import AttachedContainers
from local.lambda_host.child import Processes
from local.lambda_host.configuration import DeployedFunctions
from local.lambda_host.containers import Containers
from local.lambda_host.environment import Runtime
from local.lambda_host.output import Log, LogDelivery
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
    parser.add_argument("--runtime", choices=["process", "docker", "attached"], required=True, help="of the functions")
    parser.add_argument("--state", type=Path, required=True, help="the stack's directory, which names it, too")
    arguments = parser.parse_args()

    clients = Clients(arguments.endpoint_url)
    deployed = DeployedFunctions(clients.lambda_, clients.sts)
    sources = SourceTree(SERVICES)
    delivery = LogDelivery(clients.logs)
    delivery.start()

    def pool(key: str) -> Pool:
        log = Log(arguments.logs / f"{key}.log", delivery)
        runtime: Runtime
        match arguments.runtime:
            case "docker":
                runtime = Containers(str(arguments.state), log)
            case "attached":
                # One container stands behind each function: a second event waits.
                return Pool(
                    deployed, AttachedContainers(arguments.state / "functions" / f"{key}.env", log), max_children=1
                )
            case _:
                runtime = Processes(sources, SERVICES, log)
        return Pool(deployed, runtime)

    server = FunctionHost((HOST, arguments.port), pool)
    # shutdown() waits for serve_forever() to return, so it cannot be called on the thread that serves.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    with server:
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
