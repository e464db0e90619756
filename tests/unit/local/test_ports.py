"""Free and busy ports."""

import socket

from local.ports import free_port, is_free, is_listening


def test_a_listening_socket_makes_its_port_busy() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = server.getsockname()[1]

        assert not is_free(port)
        assert is_listening(port)
        assert free_port(port) != port
    assert is_free(port)
    assert free_port(port) == port


def test_ports_given_out_are_free() -> None:
    assert is_free(free_port())


def test_no_port_follows_the_last_one() -> None:
    assert free_port(65536) < 65536
