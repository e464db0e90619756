"""Takes out of installed dependencies what no function uses, and compiles the rest.

    prune.py DIRECTORY SERVICE…     the AWS services whose descriptions botocore keeps

In Python, as AWS's base has no `find`.
"""

import compileall
import os
import py_compile
import shutil
import sys
from pathlib import Path

# Tests, programs, boto3's resources and examples (the functions use clients): folders anywhere, or at these places.
FOLDERS = {"tests", "test", "testing", "__pycache__"}
PLACES = ("bin", "boto3/data", "boto3/examples")
# Type information for checkers, sources of what is compiled. A package's metadata stays: it tells version and licence.
SUFFIXES = {".c", ".h", ".pxd", ".pyi", ".pyx"}


def prune(root: Path, services: set[str]) -> None:
    """Removes. Raises FileNotFoundError for a service that botocore does not know, which is a typing mistake."""
    descriptions = root / "botocore" / "data"
    for service in services:
        (descriptions / service).stat()
    for path in descriptions.iterdir():
        if path.is_dir() and path.name not in services:
            shutil.rmtree(path)
    for place in PLACES:
        shutil.rmtree(root / place, ignore_errors=True)
    for directory, folders, files in os.walk(root):
        for name in FOLDERS & set(folders):
            shutil.rmtree(Path(directory, name))
            folders.remove(name)
        for name in files:
            path = Path(directory, name)
            if path.suffix in SUFFIXES or name == "py.typed":
                path.unlink()


def compile_all(root: Path) -> None:
    """Compiles so that a module's source is never looked at again, and its bytecode is the same in every build."""
    if not compileall.compile_dir(root, quiet=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH):
        sys.exit(f"{root} does not compile")


if __name__ == "__main__":
    prune(Path(sys.argv[1]), set(sys.argv[2:]))
    compile_all(Path(sys.argv[1]))
