"""AWS as the API reaches it: botocore's session, which knows its clients and can let go of what they hold.

SnapStart needs that (api.snapshot): neither a connection nor a credential may be in a snapshot, which many restored
copies share. Without SnapStart it is a session like any other, but that credentials are looked for with the first
signature.
"""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from weakref import WeakSet

import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.credentials import Credentials, create_credential_resolver
from botocore.exceptions import NoCredentialsError

from api.outside import Answer


class Session(botocore.session.Session):
    def __init__(self) -> None:
        super().__init__()
        self._made: WeakSet[Any] = WeakSet()
        self._own: _Found | None = None

    def create_client(self, *args: Any, **kwargs: Any) -> Any:
        client = super().create_client(*args, **kwargs)
        self._made.add(client)
        return client

    def get_credentials(self) -> "_Found":
        if self._own is None:
            self._own = _Found(self._find_credentials)
        return self._own

    def _find_credentials(self) -> Credentials | None:
        # A chain of its own each time: it holds a connection to the address that gives credentials.
        return create_credential_resolver(self).load_credentials()

    def forget(self) -> None:
        """Closes every connection and drops the credentials: the next request opens one, and looks for them anew."""
        for client in list(self._made):
            client.close()
        self.get_credentials().forget()

    @contextmanager
    def offline(self, answer: Answer) -> Iterator[None]:
        """Inside, no request leaves: `answer` gives what AWS would. Nobody's credentials sign them."""

        instead: Any = _answering(answer)
        before = set(self._made)
        self.register("before-send", instead)  # for the clients that are made inside
        for client in before:
            client.meta.events.register("before-send", instead)
        self.get_credentials().pretend(Credentials("nobody", "nothing"))
        try:
            yield
        finally:
            self.unregister("before-send", instead)
            for client in list(self._made):
                client.meta.events.unregister("before-send", instead)
            self.forget()  # nobody's credentials


def _answering(answer: Answer) -> Callable[..., AWSResponse]:
    def instead(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        body: Any = request.body
        target: Any = request.headers["X-Amz-Target"]
        headers: Any = HeadersDict({"Content-Type": "application/x-amz-json-1.0"})
        raw: Any = _Raw(answer(target.decode() if isinstance(target, bytes) else target, body))
        return AWSResponse(str(request.url), 200, headers, raw)

    return instead


class _Raw(io.BytesIO):
    """What botocore reads of a urllib3 response."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


class _Found(Credentials):
    """The environment's credentials, looked for when something is first signed, and again after `forget`.

    botocore's session looks for them when it makes its first client. Those of a SnapStart function come from an
    endpoint (AWS_CONTAINER_CREDENTIALS_FULL_URI), and would be in the snapshot.
    """

    method = "found-when-needed"

    def __init__(self, find: Callable[[], Credentials | None]) -> None:
        # Not Credentials' own, which wants them now.
        self._find = find
        self._lock = Lock()
        self._now: Credentials | None = None

    def forget(self) -> None:
        self._now = None

    def pretend(self, credentials: Credentials) -> None:
        """Takes these until `forget`."""
        self._now = credentials

    def get_frozen_credentials(self) -> Any:
        found = self._credentials()
        if found is None:
            raise NoCredentialsError
        return found.get_frozen_credentials()

    def get_deferred_property(self, property_name: str) -> Callable[[], Any]:
        def get() -> Any:
            found = self._credentials()
            return found and found.get_deferred_property(property_name)()

        return get

    def _credentials(self) -> Credentials | None:
        with self._lock:  # a feed's threads may all be the first
            if self._now is None:
                self._now = self._find()
            return self._now
