"""What services/web is made of: small, complete, and without the calls that turn text into markup or code."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml

from local.layout import CHECKOUT
from tests import npm, summary

WEB = CHECKOUT / "services" / "web"
OWN = sorted((WEB / "js").glob("*.js"))
VENDORED = {"lit-html.js": "lit-html/lit-html.js"}
NOT_SERVED = {"security_headers.json"}
BUDGET = 100_000  # bytes, of our own and library code together, as they are: not compressed


def loaded() -> list[Path]:
    """What a browser loads, at most."""
    return [path for path in sorted(WEB.rglob("*")) if path.suffix in {".html", ".css", ".js", ".svg"}]


def imports(module: Path) -> Iterator[tuple[str, list[str]]]:
    """What a module takes from others: (address, names)."""
    for names, address in re.findall(r"^import (?:\{([^}]*)\} from )?\"([^\"]+)\"", module.read_text(), re.MULTILINE):
        yield address, [name.split(" as ")[0].strip() for name in names.split(",") if name.strip()]


def test_all_that_a_browser_loads_is_smaller_than_the_budget(pytestconfig: pytest.Config) -> None:
    sizes = {path: path.read_bytes() for path in loaded()}
    raw = sum(map(len, sizes.values()))
    compressed = sum(len(gzip.compress(content, 9)) for content in sizes.values())
    library = sum(len(content) for path, content in sizes.items() if path.parent.name == "vendor")
    summary.note(
        pytestconfig,
        "the page's size",
        f"{raw:,} bytes: {raw - library:,} of our own, {library:,} of libraries; {compressed:,} with gzip",
    )

    assert raw < BUDGET
    told = re.search(r"(\d+) kB as they are, (\d+) kB with gzip", (CHECKOUT / "docs" / "page.md").read_text())
    assert told
    assert [int(size) for size in told.groups()] == pytest.approx([raw / 1000, compressed / 1000], abs=3)


def test_no_file_is_there_that_nobody_needs() -> None:
    served = {path.relative_to(WEB).as_posix() for path in WEB.rglob("*") if path.is_file()} - NOT_SERVED
    index = (WEB / "index.html").read_text()
    named = set(re.findall(r'(?:href|src)="([^"#]+)"', index)) | {"index.html", "vendor/LICENSES.txt"}
    assert served == named - {"config.json"}


@pytest.mark.parametrize("module", OWN, ids=lambda path: path.name)
def test_every_import_is_there_and_loaded_beforehand(module: Path) -> None:
    index = (WEB / "index.html").read_text()
    for address, names in imports(module):
        assert address.startswith(("./", "../")), f"{address} would come from elsewhere"
        found = (module.parent / address).resolve()
        assert f'rel="modulepreload" href="{found.relative_to(WEB).as_posix()}"' in index, address
        exported = found.read_text()
        for name in names:
            pattern = (
                rf"export (async )?(function|class|const|let) {re.escape(name)}\b|[{{, ]\w+ as {re.escape(name)}[,}}]"
            )
            assert re.search(pattern, exported), f"{address} gives no {name}"


@pytest.mark.parametrize("module", OWN, ids=lambda path: path.name)
def test_no_module_turns_text_into_markup_or_code(module: Path) -> None:
    text = module.read_text()
    for forbidden in (
        *("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "createContextualFragment", "DOMParser"),
        *(
            "unsafeHTML",
            "unsafeSVG",
            "unsafe-html",
            "setHTMLUnsafe",
            "srcdoc",
            "createPolicy",
            "importScripts",
            "Worker(",
        ),
    ):
        assert forbidden not in text
    assert not re.search(r"\beval\s*\(|new\s+Function\b|\bset(Timeout|Interval)\(\s*[\"'`]", text)
    assert not re.search(r"<[^>]*\sstyle=|\.style\b|setAttribute\(\s*[\"'](style|on)", text), (
        "the policy lets no styles through"
    )
    assert not re.search(r"<[^>]*\son\w+=", text), "handlers are bound with @"
    assert not re.search(r"import\(", text), "all modules are there from the start"
    assert not re.search(r"https?://(?!\$)", text), "addresses are config.json's"


def test_the_document_has_nothing_inline() -> None:
    index = (WEB / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", index) == []
    assert "<style" not in index
    assert not re.search(r"\s(style|on\w+)=", index)
    assert "//" not in "".join(re.findall(r'(?:href|src)="([^"]+)"', index)), "everything is beside it"
    css = (WEB / "style.css").read_text()
    assert "@import" not in css
    assert "url(" not in css


def test_the_libraries_are_what_npm_has_byte_for_byte_and_their_licences_are_there() -> None:
    modules = npm.install(CHECKOUT / "tests" / "web")
    licences = (WEB / "vendor" / "LICENSES.txt").read_text()
    assert {path.name for path in (WEB / "vendor").iterdir()} == {*VENDORED, "LICENSES.txt"}
    for name, source in VENDORED.items():
        assert (WEB / "vendor" / name).read_bytes() == (modules / source).read_bytes(), name
        package = modules / source.partition("/")[0]
        licence = next(path for path in package.iterdir() if path.name.upper().startswith("LICENSE"))
        words = " ".join(licence.read_text().split())
        assert words in " ".join(licences.split()), f"{licence} is not whole in LICENSES.txt"


def test_only_what_the_contract_says_is_called() -> None:
    document = yaml.safe_load((CHECKOUT / "services" / "api" / "openapi.yaml").read_text())
    known = {
        (method.upper(), re.sub(r"\{[^}]+\}", "*", path))
        for path, operations in document["paths"].items()
        for method in operations
        if method in {"get", "post", "put", "patch", "delete"}
    }
    called = {
        re.sub(r"\$\{[^}]*\}", "*", unquote(path))
        for module in OWN
        for path in re.findall(r"[`\"](/(?:articles|labels|health)[^`\"]*)[`\"]", module.read_text())
    }
    assert called
    assert called <= {path for _, path in known}, called - {path for _, path in known}


def test_every_picture_of_the_page_is_shown_somewhere() -> None:
    images = {path.name for path in (CHECKOUT / "docs" / "images").glob("page-*.png")}
    shown = re.findall(r"\(images/(page-[^)]+)\)", (CHECKOUT / "docs" / "page.md").read_text())
    assert images == set(shown)
