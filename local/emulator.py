"""`python -m local.emulator --bind 127.0.0.1 --port 4566`: ministack, the AWS emulator, until SIGTERM or Ctrl-C.

Served as by its own command, but for two things that cost Terraform an answer now and then. The provider then asks
again, and what it creates is there already.

- A connection that the provider keeps for 90 s was closed here after 75. A request that comes in the very moment is
  carried out, and its answer is lost.
- An answer's head and body came in two segments. The provider's HTTP client closes a connection between them now and
  then (https://github.com/aws/aws-sdk-go-v2/issues/2737). What came together with the head it reads all the same.
"""

import argparse
import asyncio
import contextlib
import resource
from typing import Any

import h11
import hypercorn.protocol
from hypercorn.asyncio import serve
from hypercorn.config import Config
from hypercorn.events import Event, RawData
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import H11SendableEvent
from ministack.app import app

KEEP_ALIVE = 600  # seconds


class HeadWithBody(H11Protocol):
    """HTTP/1.1, the head of an answer held back until its body begins, or ends."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._send_on, self.send = self.send, self._send_together
        self._is_head = False
        self._head = b""

    async def _send_h11_event(self, event: H11SendableEvent) -> None:
        self._is_head = isinstance(event, h11.Response)
        await super()._send_h11_event(event)

    async def _send_together(self, event: Event) -> None:
        if not isinstance(event, RawData):
            await self._send_on(event)
        elif self._is_head:
            self._head = event.data
        else:
            head, self._head = self._head, b""
            await self._send_on(RawData(data=head + event.data))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.emulator", description="The AWS emulator.")
    parser.add_argument("--bind", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=4566, help="port to listen on")
    arguments = parser.parse_args()
    _allow_many_connections()
    hypercorn.protocol.H11Protocol = HeadWithBody  # type: ignore[attr-defined,assignment]
    config = Config()
    config.bind = [f"{arguments.bind}:{arguments.port}"]
    config.keep_alive_timeout = KEEP_ALIVE
    asyncio.run(serve(app, config))


def _allow_many_connections() -> None:
    """As ministack's own command does: every open connection is an open file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(ValueError, OSError):  # macOS says "no limit", and refuses it
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    main()
