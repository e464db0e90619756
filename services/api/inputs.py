"""What callers may send, as types that name the limits. openapi.yaml says the same (tests/contract compares them).

msgspec checks and converts: it is compiled, small, and imported in a few milliseconds. It stops at the first error, so
each field is checked by itself here: the caller gets all of them at once, each with a JSON pointer.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from api.problems import FieldError, bad_input
from articles.model import ArticleStatus

if TYPE_CHECKING:
    from werkzeug.datastructures import MultiDict

MAX_BODY_BYTES = 100_000
"""Of an article's body, as UTF-8: with its images' labels elsewhere it fits DynamoDB's 400 kB for an item well."""

MAX_REQUEST_BYTES = 1_048_576
"""Of a request: the longest body with every character escaped, and the rest."""

_MOST_ERRORS = 100
"""Named in one answer: a megabyte of unknown fields would make one larger than Lambda's 6 MB."""

Title = Annotated[str, Meta(min_length=1, max_length=200)]
Body = Annotated[str, Meta(max_length=MAX_BODY_BYTES)]
Tag = Annotated[str, Meta(min_length=1, max_length=50)]
Tags = Annotated[list[Tag], Meta(max_length=20)]
Status = Literal["draft", "published"]
Filename = Annotated[str, Meta(min_length=1, max_length=255)]
ContentType = Literal[
    "image/jpeg",
    "image/png",
    "image/webp",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/avif",
    "image/tiff",
    "image/bmp",
]
"""The upload is bound to it. What the file is, its content says: a HEIC declared as a JPEG is shown as well."""
Size = Annotated[int, Meta(ge=1, le=26_214_400)]
Alt = Annotated[str, Meta(max_length=1000)]
"""Characters. Text is never blank and holds no U+0000, but for a body: openapi.yaml says so with patterns."""


class ArticleDraft(Struct, forbid_unknown_fields=True):
    title: Title
    body: Body
    tags: Tags = []
    status: Status = "draft"


class ArticlePatch(Struct, forbid_unknown_fields=True):
    title: Title | UnsetType = UNSET
    body: Body | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    status: Status | UnsetType = UNSET


class ImageUpload(Struct, forbid_unknown_fields=True):
    filename: Filename
    content_type: ContentType
    size: Size
    alt: Alt = ""


S = TypeVar("S", bound=Struct)


def parse(raw: bytes, schema: type[S]) -> S:
    """The JSON text of a request's body as `schema`. Raises ProblemError: 400, with a pointer to each bad field."""
    try:
        document = msgspec.json.decode(raw)
    except RecursionError:
        raise bad_input([FieldError("", "The JSON is nested too deeply.")]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise bad_input([FieldError("", f"The body is not valid JSON: {_sentence(str(error))}")]) from None
    if not isinstance(document, dict):
        raise bad_input([FieldError("", "The body must be a JSON object.")])
    errors = _field_errors(document, schema)
    if errors:
        raise bad_input(errors[:_MOST_ERRORS])
    return msgspec.convert(document, schema)


def _field_errors(document: Mapping[str, Any], schema: type[Struct]) -> list[FieldError]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(schema)}
    errors = [FieldError(_pointer("", name), "There is no such field here.") for name in document if name not in fields]
    if not document and not any(field.required for field in fields.values()):
        errors.append(FieldError("", f"Give at least one of: {', '.join(fields)}."))
    for name, field in fields.items():
        if name in document:
            errors += _value_errors(document[name], field.type, _pointer("", name))
        elif field.required:
            errors.append(FieldError(_pointer("", name), "This field is required."))
    return errors


def _value_errors(value: Any, kind: Any, pointer: str) -> list[FieldError]:
    entry_kind = _entry_kind(kind)
    if entry_kind is not None and isinstance(value, list):
        errors = [
            error
            for n, entry in enumerate(value[:1000])
            for error in _value_errors(entry, entry_kind, f"{pointer}/{n}")
        ]
        if not errors and len({entry for entry in value if isinstance(entry, str)}) < len(value):
            errors.append(FieldError(pointer, "The same value stands here twice."))
        if errors:
            return errors
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        allowed = _allowed(kind)
        if allowed and isinstance(value, str):
            return [FieldError(pointer, f"Must be one of: {', '.join(allowed)}.")]
        return [FieldError(pointer, _sentence(str(error)))]
    return _text_errors(value, pointer)


def _text_errors(value: Any, pointer: str) -> list[FieldError]:
    if isinstance(value, str):
        if "\x00" in value:
            return [FieldError(pointer, "Text must not contain the character U+0000.")]
        if any("\ud800" <= character <= "\udfff" for character in value):
            return [FieldError(pointer, "Text must not contain half of a surrogate pair.")]
        if len(value.encode()) > MAX_BODY_BYTES:
            return [FieldError(pointer, f"At most {MAX_BODY_BYTES} bytes of UTF-8.")]
        if value and not value.strip() and pointer != "/body":
            return [FieldError(pointer, "Text must not be made of spaces alone.")]
    return []


def _entry_kind(kind: Any) -> Any:
    """The type of a list's entries, also where it stands behind Annotated or in a union; None of anything else."""
    if get_origin(kind) is list:
        return get_args(kind)[0]
    for argument in get_args(kind) if get_origin(kind) is not Literal else ():
        if (found := _entry_kind(argument)) is not None:
            return found
    return None


def _allowed(kind: Any) -> tuple[str, ...]:
    """The values of a Literal, also where it stands in a union; none of anything else."""
    if get_origin(kind) is Literal:
        return get_args(kind)
    return next((found for argument in get_args(kind) if (found := _allowed(argument))), ())


def _pointer(parent: str, name: str) -> str:
    return f"{parent}/{name.replace('~', '~0').replace('/', '~1')}"


def _sentence(message: str) -> str:
    """msgspec's message without its own path, which the pointer says better, and without Python's names of types."""
    text = message.split(" - at `", 1)[0].replace("`str`", "text").replace("`int`", "a whole number")
    text = text.replace("`array`", "a list").replace("`object`", "an object").replace("`null`", "null")
    text = text.replace("`bool`", "true or false").replace("`float`", "a fraction")
    return text.rstrip(".") + "."


def page_arguments(arguments: "MultiDict[str, str]", known: set[str]) -> tuple[int, str | None]:
    """`limit` and `cursor` of a list's query. Raises ProblemError: 400 for them, for parameters that nobody knows and
    for those that come twice."""
    errors = [FieldError(f"#{name}", "There is no such parameter here.") for name in arguments if name not in known]
    errors += [FieldError(f"#{name}", "Give it once.") for name, values in arguments.lists() if len(values) > 1]
    limit = 20
    if "limit" in arguments:
        text = arguments["limit"]
        if text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= 100:
            limit = int(text)
        else:
            errors.append(FieldError("#limit", "Must be a whole number from 1 to 100."))
    if errors:
        raise bad_input(errors)
    return limit, arguments.get("cursor")


def text_argument(arguments: Mapping[str, str], name: str, longest: int) -> str | None:
    """A text of the query, or None. Raises ProblemError."""
    value = arguments.get(name)
    if value is None:
        return None
    if not value.strip() or len(value) > longest or "\x00" in value:
        raise bad_input([FieldError(f"#{name}", f"Must be text of 1 to {longest} characters, and not blank.")])
    return value


def status_argument(arguments: Mapping[str, str], *, own: bool) -> ArticleStatus | None:
    """`status` of a list's query, or None; drafts stand in one's own list alone. Raises ProblemError."""
    value = arguments.get("status")
    if value is None:
        return None
    if value not in get_args(Status):
        raise bad_input([FieldError("#status", f"Must be one of: {', '.join(get_args(Status))}.")])
    if value == ArticleStatus.DRAFT and not own:
        raise bad_input([FieldError("#status", "Drafts are listed with author=me alone.")])
    return ArticleStatus(value)
