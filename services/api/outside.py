"""What a function holds of the world outside: connections, credentials, keys.

SnapStart needs to let go of all of it, and to use the function once without it (api.snapshot).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Protocol

Answer = Callable[[str, bytes], bytes]
"""The answer's JSON, of a request's X-Amz-Target and its JSON."""


class Client(Protocol):
    """Something that calls AWS."""

    def forget(self) -> None:
        """Closes connections and drops credentials: the next request opens one, and looks for them anew."""

    def offline(self, answer: Answer) -> AbstractContextManager[None]:
        """Inside, no request leaves: `answer` gives what AWS would. Nobody's credentials sign them."""


class Outside:
    """Filled where the app is put together."""

    def __init__(self) -> None:
        self._clients: list[Client] = []
        self._derived: list[Callable[[], None]] = []

    def add(self, client: Client) -> None:
        self._clients.append(client)

    def on_forget(self, forget: Callable[[], None]) -> None:
        """Has that called, too: what it drops was made of an answer of AWS."""
        self._derived.append(forget)

    def forget(self) -> None:
        for client in self._clients:
            client.forget()
        for forget in self._derived:
            forget()

    @contextmanager
    def offline(self, answer: Answer) -> Iterator[None]:
        """As Client.offline, for all of them; nothing of `answer` is left afterwards."""
        try:
            with ExitStack() as inside:
                for client in self._clients:
                    inside.enter_context(client.offline(answer))
                yield
        finally:
            self.forget()
