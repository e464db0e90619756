"""`python -m local.rekognition`: serve until SIGTERM or Ctrl-C. Prints one line when ready; logs on stderr."""

import argparse
import logging
import signal
import sys
import threading

from local.rekognition.objects import S3Objects
from local.rekognition.server import RekognitionServer
from local.rekognition.service import Service


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m local.rekognition", description="A stand-in for Amazon Rekognition."
    )
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on; nobody is asked for a password")
    parser.add_argument("--port", type=int, default=0, help="port; 0 takes one that is free")
    parser.add_argument("--endpoint-url", help="where S3 listens, for Image.S3Object")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")

    objects = S3Objects(arguments.endpoint_url)
    service = Service(objects)
    try:
        server = RekognitionServer(arguments.port, service, arguments.bind)
    except (OSError, OverflowError) as error:
        print(f"Cannot listen on {arguments.bind}:{arguments.port}: {error}", file=sys.stderr)
        return 1

    stopping = threading.Event()

    def stop(*_: object) -> None:
        stopping.set()
        # shutdown() waits for serve_forever, which runs in this very thread.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    threading.Thread(target=_warm_up, args=(objects, service, stopping), daemon=True).start()
    print(f"Rekognition stand-in ready on {server.url}", flush=True)
    with server:
        server.serve_forever(poll_interval=0.1)
    return 0


def _warm_up(objects: S3Objects, service: Service, stopping: threading.Event) -> None:
    """Nobody waits for the models before the first call needs them; loading them now makes that wait short."""
    try:
        objects.load()
        service.load()
    except Exception:
        if not stopping.is_set():  # while the interpreter ends, imports fail
            logging.getLogger(__name__).exception("A model does not load; calls that need it will fail")
    else:
        logging.getLogger(__name__).info("Models loaded")


if __name__ == "__main__":
    sys.exit(main())
