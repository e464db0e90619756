"""Command lines that make puts together: what is wrong is said with make's own variable, in one line."""

import argparse
import re
from collections.abc import Callable
from typing import NoReturn

_OF_A_VARIABLE = re.compile(r"argument \S+: ([A-Z]+ is .*)", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """Its values' types say `PORT is …, not …`: who typed `make up PORT=x` never saw the options of the usage line."""

    def error(self, message: str) -> NoReturn:
        """Ends the program: one line for a variable of make, argparse's own words for everything else."""
        found = _OF_A_VARIABLE.fullmatch(message)
        if found:
            self.exit(2, f"make: {found[1]}\n")
        super().error(message)


def one_of(variable: str, *values: str, also: tuple[str, ...] = ()) -> Callable[[str], str]:
    """A type that takes these values. `also`: what nobody types into make."""

    def check(text: str) -> str:
        if text not in (*values, *also):
            named = " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))
            raise argparse.ArgumentTypeError(f"{variable} is {named}, not {text or 'nothing'}")
        return text

    return check


def port(text: str) -> int:
    """A type that takes the number of a TCP port."""
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536):
        raise argparse.ArgumentTypeError(f"PORT is a number from 1 to 65535, not {text or 'nothing'}")
    return int(text)
