"""Kept connections to one address of AWS, over which JSON is posted."""

import os
import select
import ssl
from collections.abc import Iterable, Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    """By their names in small letters."""
    body: bytes


class Connections:
    """As many as there are threads that use them at a time. Raises the SDK's own errors, as its clients do."""

    def __init__(self, url: str, connect_timeout: float, read_timeout: float) -> None:
        """Seconds."""
        address = urlsplit(url)
        self._url = url
        self._host = address.hostname or ""
        self._port = address.port
        self._path = address.path or "/"
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._tls = _tls() if address.scheme == "https" else None
        self._idle: list[HTTPConnection] = []

    def post(self, headers: Mapping[str, str], body: bytes) -> Answer:
        connection = self._kept() or self._new()
        try:
            connection.request("POST", self._path, body, headers)
            response = connection.getresponse()
            answer = Answer(response.status, dict(_lower(response.getheaders())), response.read())
        except TimeoutError as error:
            self._give_up(connection)
            raise ReadTimeoutError(endpoint_url=self._url, error=error) from error
        except (OSError, HTTPException) as error:
            self._give_up(connection)
            raise ConnectionClosedError(endpoint_url=self._url, error=error) from error
        except BaseException:
            connection.close()  # half an answer may be left in it
            raise
        if not response.will_close:
            self._idle.append(connection)
        return answer

    def close(self) -> None:
        """Lets go of those that are idle, as of sockets that another copy of this process has, too."""
        while connection := self._idle_one():
            connection.close()

    def _give_up(self, connection: HTTPConnection) -> None:
        """The idle ones, too: after a freeze all may be dead without a sign of it, and each would cost a try."""
        connection.close()
        self.close()

    def _kept(self) -> HTTPConnection | None:
        """One that the other side has not closed: an environment may have been frozen for an hour."""
        while connection := self._idle_one():
            poll = select.poll()
            poll.register(connection.sock, select.POLLIN)
            if not poll.poll(0):
                return connection
            connection.close()
        return None

    def _idle_one(self) -> HTTPConnection | None:
        """The one used last, which is then the caller's alone."""
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _new(self) -> HTTPConnection:
        if self._tls:
            made: HTTPConnection = HTTPSConnection(
                self._host, self._port, timeout=self._connect_timeout, context=self._tls
            )
        else:
            made = HTTPConnection(self._host, self._port, timeout=self._connect_timeout)
        try:
            made.connect()
        except TimeoutError as error:
            made.close()
            raise ConnectTimeoutError(endpoint_url=self._url, error=error) from error
        except ssl.SSLError as error:
            made.close()
            raise SSLError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            made.close()
            raise EndpointConnectionError(endpoint_url=self._url, error=error) from error
        made.sock.settimeout(self._read_timeout)
        return made


def _lower(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((name.lower(), value) for name, value in headers)


def _tls() -> ssl.SSLContext:
    """Trusts what the SDK would: its own bundle, or one that these variables name."""
    named = os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE")
    return ssl.create_default_context(cafile=named or _bundle())


def _bundle() -> str:
    package = find_spec("botocore")
    if package is None or package.origin is None:
        raise FileNotFoundError("The package botocore is not installed.")
    return str(Path(package.origin).with_name("cacert.pem"))
