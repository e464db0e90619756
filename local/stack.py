"""Brings the local cloud up, and takes it down."""

import fcntl
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local import outputs as outputs_file
from local import programs
from local.errors import LocalError
from local.images import functions
from local.lambda_host import containers
from local.layout import CHECKOUT, Layout
from local.ports import HOST, free_port, is_free
from local.processes import Process, ProcessTable
from local.programs import EMULATOR, LAMBDA_HOST, PAGE, REKOGNITION, Program
from local.steps import step
from local.terraform import Progress, Terraform

DEFAULT_PORT = 4566  # the emulator's, where nobody says another
START_SECONDS = 60.0  # the longest that a program may take until it answers; a busy laptop is slow, not broken
STOP_ORDER = (PAGE, LAMBDA_HOST, REKOGNITION, EMULATOR)


class Stack:
    """The emulator, the Rekognition stand-in, the function host, the page, and what Terraform made in them."""

    def __init__(
        self,
        layout: Layout,
        port: int | None = None,
        runtime: str = "process",
        bind: str = HOST,
        page_port: int | None = None,
    ) -> None:
        """Takes where to keep files, the emulator's port, what functions run as, the interface to serve on, and the
        page's port.

        Without a port the emulator keeps the one that it has or, where it ended by itself, had. So does the page, which
        begins beside the emulator where that port is free.
        """
        self._layout = layout
        self._port = port
        self._runtime = runtime
        self._bind = bind
        self._page_port = page_port
        self._processes = ProcessTable(layout.processes)
        self._terraform = Terraform(layout)

    def up(self) -> dict[str, Any]:
        """Starts what does not run, applies what is not applied, and gives the outputs.

        Raises:
            LocalError: says what stands in the way.
        """
        self._layout.create()
        with self._exclusively():
            port = self._emulators_port()
            endpoint_url = f"http://{HOST}:{port}"
            self._terraform.check()
            if self._terraform.was_cut_off:
                self._processes.stop(EMULATOR)  # everything in it goes, so that nothing half-made stands in the way
            images = functions.deployed(self._layout.log("images")) if self._runtime == "docker" else {}
            emulator = self._start(programs.emulator(self._layout, port, self._bind))
            stand_in = programs.rekognition(self._port_of(REKOGNITION), endpoint_url)
            host = programs.lambda_host(self._layout, self._port_of(LAMBDA_HOST), endpoint_url, self._runtime)
            self._start(stand_in)
            self._start(host)
            page_port = self._page_port or self._port_of(PAGE, port + 1)
            page = programs.page(self._layout, page_port, self._bind)
            self._start(page)
            variables = {
                "endpoint_url": endpoint_url,
                "rekognition_endpoint_url": f"http://{HOST}:{stand_in.port}",
                "function_host_url": f"http://{HOST}:{host.port}",
                "page_url": f"http://{HOST}:{page.port}",
            }
            if images:
                variables["images"] = json.dumps(images)
            return self._converge(variables, emulator)

    def down(self) -> list[str]:
        """Stops what `up` started, and gives the names of what was still running."""
        if not self._layout.processes.is_dir():
            return []
        with self._exclusively():
            self._layout.outputs.unlink(missing_ok=True)
            stopped = [name for name in STOP_ORDER if self._processes.stop(name)]
            containers.remove_all(str(self._layout.root))  # a host that was killed left its own
            return stopped

    def status(self) -> dict[str, Process | None]:
        """Each program's process; None where it does not run."""
        return {name: self._processes.running(name) for name in reversed(STOP_ORDER)}

    @contextmanager
    def _exclusively(self) -> Iterator[None]:
        """One `up` or `down` at a time; a second one waits for the first."""
        with (self._layout.root / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _emulators_port(self) -> int:
        """The port that was asked for, else the emulator's own, else the default.

        Raises:
            LocalError: the emulator runs on another one. Moving it would end it, and everything in it.
        """
        running, last = self._processes.running(EMULATOR), self._processes.last(EMULATOR)
        if running and self._port not in (None, running.port):
            raise LocalError(
                f"A local cloud runs on port {running.port}, and its data lives as long as it does. Leave PORT out to "
                f"go on with it, or end both with `make down` before PORT={self._port}."
            )
        return self._port or (last.port if last else DEFAULT_PORT)

    def _port_of(self, name: str, preferred: int | None = None) -> int:
        """The port of a running program, or the one that it had, or a new one: `preferred` if possible."""
        running = self._processes.running(name)
        if running:
            return running.port
        last = self._processes.last(name)
        return free_port(last.port if last else preferred)

    def _start(self, program: Program) -> Process:
        """Starts the program, unless it runs already and is up to date."""
        running = self._processes.running(program.name)
        if running and running.fingerprint == program.fingerprint:
            return running
        log = self._layout.log(program.name)
        with step(program.title):
            if running:
                self._processes.stop(program.name)
            if not is_free(program.port):
                raise LocalError(
                    f"Port {program.port} is in use by another program: end that one, or choose another port with "
                    f"`make up PORT={program.port + 10}`."  # beside a stack's emulator is its page
                )
            process = self._processes.start(
                program.name,
                program.command,
                environment=program.environment,
                port=program.port,
                fingerprint=program.fingerprint,
                log=log,
                directory=CHECKOUT,
            )
            self._processes.wait_until_ready(process, program.ready, seconds=START_SECONDS, log=log)
        return process

    def _converge(self, variables: dict[str, str], emulator: Process) -> dict[str, Any]:
        terraform = self._terraform
        life = self._layout.terraform / "emulator"
        if not life.exists() or life.read_text() != emulator.instance:
            terraform.discard_state()
            life.write_text(emulator.instance)
        wanted = terraform.wanted(variables, emulator.instance)
        if terraform.is_applied(wanted) and self._layout.outputs.exists():
            outputs = outputs_file.read(self._layout)
            if programs.answers(f"{outputs['api_url']}/health"):
                return outputs
        with step("terraform init"):
            terraform.init()
        wanted = terraform.wanted(variables, emulator.instance)  # `init` may have written a lock file
        try:
            with step("terraform apply") as current:
                applied = terraform.apply(variables, wanted, lambda progress: current.note(_describe(progress)))
        except LocalError as error:
            self._blame_a_dead_program(error)
            raise
        outputs = outputs_file.write(self._layout, applied, variables)
        self._warm_up(variables["function_host_url"], outputs)
        return outputs

    def _blame_a_dead_program(self, error: LocalError) -> None:
        """Terraform only sees refused connections; a program that died is the better reason."""
        for name, process in self.status().items():
            if process is None:
                raise LocalError(f"The {name} ended while Terraform was applying.", self._layout.log(name)) from error

    def _warm_up(self, function_host_url: str, outputs: dict[str, Any]) -> None:
        """Has the functions started ahead of the first request. Nobody waits for that."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for key, output in (("api", "api_function"), ("image_worker", "worker_function")):
            request = urllib.request.Request(
                f"{function_host_url}/functions/{key}",
                method="PUT",
                headers={
                    "X-Amzn-Lambda-Function-Name": outputs[output],
                    "X-Amzn-Lambda-Function-Version": outputs["alias"],  # what events will come for
                },
            )
            try:
                opener.open(request, timeout=5).close()
            except urllib.error.URLError as error:
                raise LocalError(f"The {LAMBDA_HOST} does not answer.", self._layout.log(LAMBDA_HOST)) from error


def _describe(progress: Progress) -> str:
    return f"{progress.done}/{progress.planned} resources"
