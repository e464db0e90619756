"""What the emulator's server does otherwise than ministack's own command."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import hypercorn.protocol
import ministack.app
import pytest
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Event, RawData
from hypercorn.protocol.events import Body, EndBody, Response
from hypercorn.protocol.h11 import H11Protocol

from local import emulator

REQUEST = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
PROVIDER_KEEPS = 90  # seconds, Go's http.DefaultTransport and the AWS SDK's


class Stream:
    """In the place of the application's side: takes the request and leaves the answer to the test."""

    async def spawn_app(self, *_: object) -> Any:
        async def put(_: object) -> None:
            return None

        return put


def answered(*events: Any) -> list[bytes]:
    """What goes out to the network, piece by piece, as the application gives its answer."""
    pieces: list[bytes] = []

    async def send(event: Event) -> None:
        if isinstance(event, RawData):
            pieces.append(event.data)

    async def tell() -> None:
        nobody = cast(Any, None)
        address = ("127.0.0.1", 1)
        protocol = emulator.HeadWithBody(
            nobody, Config(), WorkerContext(None), cast(Any, Stream()), cast(Any, {}), False, address, address, send
        )
        await protocol.handle(RawData(REQUEST))
        for event in events:
            await protocol.stream_send(event)

    # In a thread of its own: where tests of a browser went before, this one has a loop that runs.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, tell()).result()
    return [piece for piece in pieces if piece]


def head(length: int) -> Response:
    return Response(stream_id=1, headers=[(b"content-length", b"%d" % length)], status_code=200)


def test_head_and_body_leave_together() -> None:
    [piece] = answered(head(2), Body(stream_id=1, data=b"ok"), EndBody(stream_id=1))

    assert piece.startswith(b"HTTP/1.1 200 ")
    assert piece.endswith(b"\r\n\r\nok")


def test_an_answer_without_a_body_leaves_at_its_end() -> None:
    [piece] = answered(head(0), EndBody(stream_id=1))

    assert piece.endswith(b"\r\n\r\n")


def test_a_body_in_parts_does_not_wait_for_its_end() -> None:
    first, second = answered(head(4), Body(stream_id=1, data=b"ab"), Body(stream_id=1, data=b"cd"))

    assert first.endswith(b"\r\n\r\nab")
    assert second == b"cd"


def test_it_serves_ministack_so_and_closes_no_connection_before_the_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[Any, Config]] = []

    async def serve(app: Any, config: Config) -> None:
        served.append((app, config))

    monkeypatch.setattr(hypercorn.protocol, "H11Protocol", H11Protocol)  # is as it was afterwards
    monkeypatch.setattr(emulator, "serve", serve)
    monkeypatch.setattr("sys.argv", ["emulator", "--bind", "127.0.0.1", "--port", "4599"])
    with ThreadPoolExecutor(1) as pool:
        pool.submit(emulator.main).result()

    [(app, config)] = served
    assert app is ministack.app.app
    assert config.bind == ["127.0.0.1:4599"]
    assert config.keep_alive_timeout > PROVIDER_KEEPS
    nobody = cast(Any, None)
    wrapper = hypercorn.protocol.ProtocolWrapper(
        nobody, config, WorkerContext(None), nobody, nobody, False, None, None, nobody
    )
    assert isinstance(wrapper.protocol, emulator.HeadWithBody), "what hypercorn makes of a connection"
