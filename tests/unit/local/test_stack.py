"""When the stack starts, restarts and applies. The programs and Terraform are toys."""

import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local import outputs, programs
from local.errors import LocalError
from local.layout import Layout
from local.ports import HOST, free_port, is_free, is_listening
from local.programs import Program
from local.stack import Stack

LISTEN = """
import socketserver, sys
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer(("127.0.0.1", int(sys.argv[1])), socketserver.BaseRequestHandler).serve_forever()
"""


@dataclass
class ToyTerraform:
    """Counts what it is asked to do."""

    inits: int = 0
    applies: int = 0
    discards: int = 0
    done: str = ""
    seen: list[Mapping[str, str]] = field(default_factory=list)
    was_cut_off: bool = False

    def check(self) -> str:
        return "1.11.4"

    def discard_state(self) -> None:
        self.discards += 1
        self.done = ""

    def wanted(self, variables: Mapping[str, str], emulator: str) -> str:
        return f"{sorted(variables.items())} {emulator}"

    def is_applied(self, wanted: str) -> bool:
        return wanted == self.done

    def init(self) -> None:
        self.inits += 1

    def apply(self, variables: Mapping[str, str], wanted: str, _progress: object) -> dict[str, Any]:
        self.applies += 1
        self.seen.append(variables)
        self.done = wanted
        return dict.fromkeys(outputs.REQUIRED, "x") | {"api_url": variables["endpoint_url"]}


@dataclass
class Toy:
    """A stack of toys."""

    stack: Stack
    terraform: ToyTerraform
    layout: Layout
    port: int
    monkeypatch: pytest.MonkeyPatch
    versions: dict[str, str] = field(default_factory=dict)

    def on(self, port: int | None, page_port: int | None = None) -> Stack:
        """What a later command has: the same files, perhaps other ports."""
        stack = Stack(self.layout, port, page_port=page_port)
        self.monkeypatch.setattr(stack, "_terraform", self.terraform)
        self.monkeypatch.setattr(stack, "_warm_up", lambda *_: None)
        return stack

    def program(self, name: str, port: int) -> Program:
        """A server that accepts connections."""
        return Program(
            name=name,
            title=name,
            port=port,
            command=(sys.executable, "-c", LISTEN, str(port)),
            environment={},
            fingerprint=self.versions.get(name, "1"),
            ready=lambda: is_listening(port),
        )


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Toy]:
    """Four small servers stand for the four programs."""
    layout = Layout(tmp_path / "local")
    port = next(port for port in iter(free_port, None) if port < 65535 and is_free(port + 1))  # the page's, too
    terraform = ToyTerraform()
    made = Toy(Stack(layout, port), terraform, layout, port, monkeypatch)
    monkeypatch.setattr(made.stack, "_terraform", terraform)
    monkeypatch.setattr(made.stack, "_warm_up", lambda *_: None)
    monkeypatch.setattr(programs, "emulator", lambda _layout, number, _bind: made.program("emulator", number))
    monkeypatch.setattr(programs, "rekognition", lambda number, _url: made.program("rekognition", number))
    monkeypatch.setattr(programs, "lambda_host", lambda _layout, number, *_: made.program("lambda_host", number))
    monkeypatch.setattr(programs, "page", lambda _layout, number, _bind: made.program("page", number))
    monkeypatch.setattr(programs, "answers", lambda _url: True)
    yield made
    made.stack.down()


def test_up_starts_everything_and_applies_with_their_addresses(toy: Toy) -> None:
    applied = toy.stack.up()

    running = toy.stack.status()
    assert all(running.values())
    ports = {name: process.port for name, process in running.items() if process}
    assert toy.terraform.seen == [
        {
            "endpoint_url": f"http://{HOST}:{toy.port}",
            "rekognition_endpoint_url": f"http://{HOST}:{ports['rekognition']}",
            "function_host_url": f"http://{HOST}:{ports['lambda_host']}",
            "page_url": f"http://{HOST}:{ports['page']}",
        }
    ]
    assert outputs.read(toy.layout) == applied


def test_up_again_changes_nothing(toy: Toy, capsys: pytest.CaptureFixture[str]) -> None:
    first = toy.stack.up()
    before = toy.stack.status()
    capsys.readouterr()

    assert toy.stack.up() == first
    assert toy.stack.status() == before
    assert toy.terraform.applies == 1
    assert capsys.readouterr().out == ""


def test_an_api_that_does_not_answer_is_applied_again(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    toy.stack.up()
    monkeypatch.setattr(programs, "answers", lambda _url: False)

    toy.stack.up()

    assert toy.terraform.applies == 2


def test_a_dead_function_host_comes_back_on_its_port_and_nothing_is_applied(toy: Toy) -> None:
    toy.stack.up()
    host = toy.stack.status()["lambda_host"]
    assert host
    toy.stack._processes.stop("lambda_host")
    toy.stack._processes._record("lambda_host").write_text(
        f'{{"name": "lambda_host", "pid": {host.pid}, "started": "then", "port": {host.port}, "fingerprint": "1"}}'
    )

    toy.stack.up()

    again = toy.stack.status()["lambda_host"]
    assert again
    assert again.port == host.port
    assert toy.terraform.applies == 1


def test_a_program_that_is_out_of_date_is_started_again(toy: Toy) -> None:
    toy.stack.up()
    before = toy.stack.status()
    toy.versions["lambda_host"] = "2"

    toy.stack.up()

    after = toy.stack.status()
    assert after["lambda_host"] != before["lambda_host"]
    assert after["emulator"] == before["emulator"]


def test_the_page_begins_beside_the_emulator(toy: Toy) -> None:
    toy.stack.up()
    page = toy.stack.status()["page"]

    assert page
    assert page.port == toy.port + 1


def test_the_page_goes_elsewhere_where_that_port_is_taken_and_stays_there(toy: Toy) -> None:
    with socket.socket() as stranger:
        stranger.bind((HOST, toy.port + 1))
        stranger.listen()
        toy.stack.up()
    page = toy.stack.status()["page"]
    assert page
    assert page.port != toy.port + 1

    toy.on(None).up()

    assert toy.stack.status()["page"] == page
    assert toy.terraform.applies == 1


def test_a_page_that_moved_is_applied(toy: Toy) -> None:
    toy.stack.up()
    before = toy.stack.status()
    moved = free_port()
    toy.versions["page"] = "with another port in its command"

    toy.on(None, page_port=moved).up()

    page = toy.stack.status()["page"]
    assert page
    assert page.port == moved
    assert toy.stack.status() == before | {"page": page}
    assert [seen["page_url"] for seen in toy.terraform.seen] == [
        f"http://{HOST}:{port}" for port in (toy.port + 1, moved)
    ]

    toy.on(None).up()
    assert toy.stack.status()["page"] == page, "it stays where it was sent"


def test_a_new_emulator_starts_from_an_empty_state(toy: Toy) -> None:
    toy.stack.up()
    toy.stack._processes.stop("emulator")

    toy.stack.up()

    assert toy.terraform.discards == 2
    assert toy.terraform.applies == 2


def test_an_apply_that_was_cut_off_is_followed_by_a_new_emulator(toy: Toy) -> None:
    toy.stack.up()
    before = toy.stack.status()["emulator"]
    toy.terraform.was_cut_off = True

    toy.stack.up()

    assert toy.stack.status()["emulator"] != before
    assert toy.terraform.applies == 2


@pytest.mark.parametrize("taken", [False, True])
def test_another_port_is_refused_and_what_runs_is_left_alone(toy: Toy, taken: bool) -> None:
    toy.stack.up()
    before = toy.stack.status()
    with socket.socket() as other:
        other.bind((HOST, 0))
        port = other.getsockname()[1]
        if taken:
            other.listen()
        else:
            other.close()

        with pytest.raises(LocalError, match=rf"runs on port {toy.port}, .* `make down` before PORT={port}"):
            toy.on(port).up()

    assert toy.stack.status() == before
    assert is_listening(toy.port)
    assert outputs.read(toy.layout)["api_url"] == f"http://{HOST}:{toy.port}"
    assert (toy.terraform.applies, toy.terraform.discards) == (1, 1)


def test_up_without_a_port_goes_on_with_what_runs(toy: Toy) -> None:
    first = toy.stack.up()
    before = toy.stack.status()

    assert toy.on(None).up() == first
    assert toy.stack.status() == before


def test_up_without_a_port_brings_an_emulator_that_died_back_on_its_own(toy: Toy) -> None:
    toy.stack.up()
    died = toy.stack.status()["emulator"]
    assert died
    record = toy.stack._processes._record("emulator").read_text()
    toy.stack._processes.stop("emulator")
    toy.stack._processes._record("emulator").write_text(record)

    toy.on(None).up()

    back = toy.stack.status()["emulator"]
    assert back
    assert (back.port, back.pid != died.pid) == (toy.port, True)


def test_up_without_a_port_begins_on_the_default(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.stack.DEFAULT_PORT", toy.port)

    assert toy.on(None).up()["api_url"] == f"http://{HOST}:{toy.port}"


def test_another_port_is_fine_after_down(toy: Toy) -> None:
    toy.stack.up()
    toy.stack.down()
    port = free_port()

    assert toy.on(port).up()["api_url"] == f"http://{HOST}:{port}"


def test_a_busy_port_is_one_sentence_that_names_another(toy: Toy) -> None:
    with socket.socket() as stranger:
        stranger.bind((HOST, toy.port))
        stranger.listen()

        with pytest.raises(LocalError, match=rf"Port {toy.port} is in use .* PORT={toy.port + 10}"):
            toy.stack.up()


def test_a_program_that_died_is_blamed_for_the_failed_apply(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    def apply(*_: object) -> None:
        toy.stack._processes.stop("emulator")
        raise LocalError("terraform apply failed: connection refused")

    monkeypatch.setattr(toy.terraform, "apply", apply)

    with pytest.raises(LocalError, match="The emulator ended while Terraform was applying") as caught:
        toy.stack.up()
    assert caught.value.log == toy.layout.log("emulator")


def test_down_stops_everything_and_may_be_repeated(toy: Toy) -> None:
    toy.stack.up()

    assert toy.stack.down() == ["page", "lambda_host", "rekognition", "emulator"]
    assert toy.stack.down() == []
    assert not toy.layout.outputs.exists()
    assert not is_listening(toy.port)


def test_down_where_nothing_ever_was_up_makes_nothing(tmp_path: Path) -> None:
    assert Stack(Layout(tmp_path / "never"), free_port()).down() == []
    assert not (tmp_path / "never").exists()


def test_a_missing_output_is_named(toy: Toy) -> None:
    toy.layout.create()
    with pytest.raises(LocalError, match="has no output api_url"):
        outputs.write(toy.layout, {name: "x" for name in outputs.REQUIRED if name != "api_url"}, {})


def test_reading_outputs_before_up_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LocalError, match="run `make up` first"):
        outputs.read(Layout(tmp_path))


def test_the_real_programs_listen_on_the_loopback_only_and_keep_the_shells_secrets_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    layout = Layout(tmp_path)

    emulator = programs.emulator(layout, 4599)

    assert emulator.command[-4:] == ("--bind", "127.0.0.1", "--port", "4599")
    assert emulator.environment["AUTH"] == "true"
    assert emulator.environment["GATEWAY_PORT"] == "4599"
    for program in (
        emulator,
        programs.rekognition(1, "http://x"),
        programs.lambda_host(layout, 2, "http://x", "process"),
        programs.page(layout, 3),
    ):
        assert "AWS_PROFILE" not in program.environment
        assert "0.0.0.0" not in program.command  # noqa: S104 - on the contrary


def test_a_program_counts_as_out_of_date_when_its_command_differs() -> None:
    one = programs.rekognition(1, "http://127.0.0.1:4566")

    assert one.fingerprint == programs.rekognition(1, "http://127.0.0.1:4566").fingerprint
    assert one.fingerprint != programs.rekognition(1, "http://127.0.0.1:4567").fingerprint
