"""The real page, as the local server and as Terraform see it."""

import re
from pathlib import Path

import pytest

from local.files import read_json
from local.layout import CHECKOUT, SERVICES
from local.page.files import KEPT_BACK, TYPES, served
from local.page.headers import security_headers

PAGE = SERVICES / "web"
MODULE = CHECKOUT / "terraform" / "modules" / "web_page"
OUTPUTS = {
    "api_url": "http://api.test:1/restapis/a",
    "endpoint_url": "http://files.test:2",
    "sign_in_url": "http://sign-in.test:3",
}


def test_all_of_the_page_is_served_but_what_is_for_its_servers_and_developers() -> None:
    lying_there = {path.relative_to(PAGE).as_posix() for path in PAGE.rglob("*") if path.is_file()}

    assert lying_there - served(PAGE).keys() == {
        name for name in lying_there if name == KEPT_BACK or name.endswith(".md")
    }


def test_a_file_has_the_same_type_in_aws() -> None:
    text = "\n".join(file.read_text() for file in MODULE.glob("*.tf"))
    found = re.search(r"content_types = \{(.*?)\}", text, re.DOTALL)
    assert found
    theirs = dict(re.findall(r'(\w+)\s*=\s*"([^"]+)"', found[1]))

    used = {Path(name).suffix for name in served(PAGE)} | {".json"}
    assert {suffix: TYPES[suffix] for suffix in used} == {suffix: theirs[suffix[1:]] for suffix in used}


def test_every_origin_of_the_policy_is_known_here() -> None:
    template = read_json(PAGE / KEPT_BACK)

    filled = security_headers(template, OUTPUTS)

    assert filled.keys() == template.keys()
    assert "{" not in "".join(filled.values())
    directives = {words[0]: set(words[1:]) for words in map(str.split, filled["Content-Security-Policy"].split(";"))}
    assert {"http://api.test:1", "http://files.test:2", "http://sign-in.test:3"} <= directives["connect-src"]
    assert "http://files.test:2" in directives["img-src"]


@pytest.mark.parametrize("known", [{}, {"api_url": None}])
def test_an_origin_that_is_not_known_leaves_no_hole(known: dict[str, None]) -> None:
    filled = security_headers({"A": "x 'self' {api_origin} {media_origin}; y {sign_in_origin}", "B": "nosniff"}, known)

    assert filled == {"A": "x 'self'; y", "B": "nosniff"}
