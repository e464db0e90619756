"""Puts small stand-ins in the place of modules that Flask and Werkzeug import and the API never uses.

    stand_ins.py DIRECTORY      after prune.py; compiles what it writes

Each has the names that are imported while an app is made, and says so where one is used. An upgrade that wants more of
one fails this step, which makes and asks an app at its end.

What each saves of the 884 million instructions from the start of the API's process to its first answer (valgrind
--tool=callgrind, Python 3.13.0; the usual stack takes 1,556) and in the image:

    jinja2              81      1.2 MB  templates: the API's answers are JSON, and GET /docs is a file
    click, flask.cli    43      1.1 MB  the commands of `flask`
    werkzeug.serving    18      0.3 MB  the development server, with its debugger and reloader
"""

import importlib.util
import py_compile
import shutil
import subprocess
import sys
from pathlib import Path

_REFUSE = '''"""A stand-in: see docker/stand_ins.py of Gazette."""


class NotInThisImageError(RuntimeError):
    """Raised where something is used that the image was built without."""


def refuse(*_args, **_more):
    raise NotInThisImageError(f"{__name__} is a stand-in: docker/stand_ins.py left it out of the image")
'''

STAND_INS = {
    "jinja2/__init__.py": _REFUSE
    + """

class BaseLoader:
    __init__ = refuse


class Environment:
    __init__ = refuse


class FileSystemLoader(BaseLoader):
    pass


class Template:
    __init__ = refuse


class TemplateNotFound(Exception):
    pass
""",
    "click/__init__.py": _REFUSE + "\n\necho = style = secho = refuse\n",
    "flask/cli.py": _REFUSE
    + '''

class AppGroup:
    """Of an app or a blueprint that has no commands."""

    def __init__(self):
        self.name = None
        self.commands = {}

    command = group = add_command = main = refuse


load_dotenv = show_server_banner = refuse
''',
    "werkzeug/serving.py": _REFUSE
    + """

run_simple = make_server = refuse


def is_running_from_reloader():
    return False
""",
}
"""By the path of the module. The rest of a package goes with its __init__."""

GONE = ("werkzeug/debug", "werkzeug/_reloader.py", "werkzeug/testapp.py", "flask/testing.py", "flask/__main__.py")
"""What nothing else imports."""

PROOF = """
import flask, serverless_wsgi
app = flask.Flask("proof", static_folder=None)
part = flask.Blueprint("part", "proof")
part.get("/x")(lambda: flask.Response("{}", mimetype="application/json"))
app.register_blueprint(part)
event = {"httpMethod": "GET", "path": "/x", "headers": {}, "requestContext": {}, "body": None}
assert serverless_wsgi.handle_request(app, event, None)["statusCode"] == 200
"""
"""What an app does of Flask's."""


def put(root: Path) -> None:
    """Replaces. Raises FileNotFoundError for a module that is no longer where it was."""
    for name, source in STAND_INS.items():
        path = root / name
        path.stat()
        if path.name == "__init__.py":
            shutil.rmtree(path.parent)
            path.parent.mkdir()
        path.write_text(source)
        compiled = importlib.util.cache_from_source(str(path))
        py_compile.compile(
            str(path), compiled, doraise=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
    for name in GONE:
        path = root / name
        path.stat()
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
            Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def prove(root: Path) -> None:
    """Makes and asks an app of what is left, where this Python can import it. Raises CalledProcessError."""
    code = f"import sys; sys.path.insert(0, {str(root)!r}); sys.dont_write_bytecode = True{PROOF}"
    subprocess.run([sys.executable, "-I", "-c", code], check=True)


if __name__ == "__main__":
    put(Path(sys.argv[1]))
    prove(Path(sys.argv[1]))
