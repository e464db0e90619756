"""Takes out of installed dependencies what no function uses, and compiles the rest.

    prune.py DIRECTORY SERVICE…     the AWS services whose descriptions botocore keeps

In Python, as AWS's base has no `find`.
"""

import compileall
import os
import py_compile
import re
import shutil
import struct
import sys
from pathlib import Path

# Tests, programs, boto3's resources and examples (the functions use clients): folders anywhere, or at these places.
FOLDERS = {"tests", "test", "testing", "__pycache__"}
PLACES = (
    "bin",
    "boto3/data",
    "boto3/examples",
    # cryptography's wheel was built with these; when it runs it needs _cffi_backend alone. 1.4 MB.
    "cffi",
    "pycparser",
    # What GET /docs does not load, 0.6 MB. services/api/docs_routes.py names what it does.
    "flask_swagger_ui/dist/swagger-ui.js",
    "flask_swagger_ui/dist/swagger-ui-standalone-preset.js",
    # Time zones that the SDK, which asks dateutil for UTC and the machine's own, never names; browsers. 0.4 MB.
    "dateutil/zoneinfo",
    "urllib3/contrib/emscripten",
    "werkzeug/middleware",
)
# Type information for checkers, sources of what is compiled.
SUFFIXES = {".c", ".h", ".pxd", ".pyi", ".pyx"}
# What an installer noted, of files half of which are gone: 0.3 MB. The other metadata tells version and licence.
NOTES = {"py.typed", "RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}

AUTHORITIES = (
    "Amazon Root CA 1",
    "Amazon Root CA 2",
    "Amazon Root CA 3",
    "Amazon Root CA 4",
    "Starfield Services Root Certificate Authority - G2",
    # China's regions:
    "DigiCert Global Root CA",
    "DigiCert Global Root G2",
    "DigiCert Global Root G3",
)
"""Whom the functions believe that somebody is AWS; they speak to nobody else. The SDK's bundle has 127, which the first
HTTPS call reads: 338 million instructions with all of them, 140 with these (`ssl.create_default_context(cafile=…)` in a
process of its own, valgrind --tool=callgrind). AWS_CA_BUNDLE names another bundle, as ever.
The first five are those of Amazon Trust Services."""


def prune(root: Path, services: set[str]) -> None:
    """Removes. Raises FileNotFoundError for a service that botocore does not know, which is a typing mistake."""
    descriptions = root / "botocore" / "data"
    for service in services:
        (descriptions / service).stat()
    for path in descriptions.iterdir():
        if path.is_dir() and path.name not in services:
            shutil.rmtree(path)
    for place in PLACES:
        _remove(root / place)
    for directory, folders, files in os.walk(root):
        for name in FOLDERS & set(folders):
            shutil.rmtree(Path(directory, name))
            folders.remove(name)
        for name in files:
            path = Path(directory, name)
            if path.suffix in SUFFIXES or name in NOTES:
                path.unlink()
            elif ".so" in path.suffixes:
                strip(path)


def strip(library: Path) -> None:
    """Cuts off what follows the part that is loaded: the table of sections and the names of what is inside, for
    debuggers. 3 of cryptography's 14 MB. As `strip` does, which AWS's base has not got."""
    content = bytearray(library.read_bytes())
    if content[:6] != b"\x7fELF\x02\x01":  # of 64 bits, the low one first: both of Lambda's architectures
        return
    (segments,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    places = [struct.unpack_from("<Q16xQ", content, segments + number * size + 8) for number in range(count)]
    struct.pack_into("<Q", content, 40, 0)  # there is no table of sections,
    struct.pack_into("<HH", content, 60, 0, 0)  # nor anything in it
    library.write_bytes(content[: max(offset + length for offset, length in places)])


def keep_authorities(bundle: Path) -> None:
    """Raises ValueError where the bundle has not got one of AUTHORITIES, which an upgrade may have renamed."""
    entries = re.findall(r"# Issuer:.*?-----END CERTIFICATE-----\n", bundle.read_text("utf-8"), re.DOTALL)
    labels = {found[1]: entry for entry in entries if (found := re.search(r'^# Label: "(.*)"$', entry, re.MULTILINE))}
    if missing := set(AUTHORITIES) - set(labels):
        raise ValueError(f"{bundle} lacks {', '.join(sorted(missing))}")
    bundle.write_text("\n".join(labels[name] for name in AUTHORITIES), "utf-8")


def _remove(path: Path) -> None:
    """What is not there need not be: each image has its own dependencies."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def compile_all(root: Path) -> None:
    """Compiles so that a module's source is never looked at again, and its bytecode is the same in every build."""
    if not compileall.compile_dir(root, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH):
        sys.exit(f"{root} does not compile")


if __name__ == "__main__":
    prune(Path(sys.argv[1]), set(sys.argv[2:]))
    keep_authorities(Path(sys.argv[1]) / "botocore" / "cacert.pem")
    compile_all(Path(sys.argv[1]))
