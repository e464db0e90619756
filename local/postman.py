"""Makes docs/postman_collection.json of openapi.yaml: `python -m local.postman`.

Its folders are the paths' segments, in an order in which all requests can be run from top to bottom: what is made is
read, changed, and at last deleted. Each request tests its answer's status, media type, headers and shape.
"""

import json
from typing import Any

import yaml

from local.layout import CHECKOUT

DOCUMENT = CHECKOUT / "services" / "api" / "openapi.yaml"
COLLECTION = CHECKOUT / "docs" / "postman_collection.json"

_FORMAT = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_VERBS = ("post", "get", "put", "patch", "delete")
_DEPTH = 3  # levels of a schema that a request's test looks at
_VALUES = {"Idempotency-Key": "{{$guid}}", "If-Match": "{{etag}}"}
"""Headers that a request sends unless told not to; every other optional parameter is there, and switched off."""

Json = dict[str, Any]


class Collection:
    """A collection (format 2.1) of every operation of an OpenAPI 3.0 document."""

    def __init__(self, document: Json) -> None:
        self._document = document
        self._variables: dict[str, str] = {"base_url": "http://127.0.0.1:4566", "token": "", "etag": ""}

    def as_json(self) -> Json:
        items = self._folder("")
        info = self._document["info"]
        return {
            "info": {"name": info["title"], "description": info["description"], "schema": _FORMAT},
            "auth": {
                "type": "apikey",
                "apikey": [
                    {"key": "key", "value": "Authorization"},
                    {"key": "value", "value": "Bearer {{token}}"},
                    {"key": "in", "value": "header"},
                ],
            },
            "item": items,
            "variable": [{"key": name, "value": value} for name, value in self._variables.items()],
        }

    def _folder(self, under: str) -> list[Json]:
        """What stands below a path without its parameters: its requests and folders, what deletes it last."""
        requests = [
            (verb, path)
            for verb in _VERBS
            for path in self._paths()
            if _static(path) == under and verb in self._at(path)
        ]
        # A collection's own requests before its members': creating, listing, and only then one of them.
        first = [self._request(verb, path) for verb, path in requests if verb != "delete"]
        last = [self._request(verb, path) for verb, path in requests if verb == "delete"]
        folders = []
        for name in dict.fromkeys(
            _static(path).removeprefix(f"{under}/").split("/")[0]
            for path in self._paths()
            if _static(path).startswith(f"{under}/")
        ):
            inside = self._folder(f"{under}/{name}")
            folders.append(inside[0] if len(inside) == 1 and not under else {"name": name, "item": inside})
        return [*first, *folders, *last]

    def _request(self, verb: str, path: str) -> Json:
        operation = self._at(path)[verb]
        parameters = [
            self._resolved(parameter)
            for parameter in (*self._at(path).get("parameters", []), *operation.get("parameters", []))
        ]
        for parameter in parameters:
            if parameter["in"] == "path":
                self._variables.setdefault(parameter["name"], str(self._example(parameter)))
        segments = [segment.replace("{", "{{").replace("}", "}}") for segment in path.strip("/").split("/")]
        url: Json = {"raw": "/".join(["{{base_url}}", *segments]), "host": ["{{base_url}}"], "path": segments}
        query = [self._field(parameter) for parameter in parameters if parameter["in"] == "query"]
        if query:
            url["query"] = query
        request: Json = {
            "method": verb.upper(),
            "description": operation.get("description", operation["summary"]),
            "header": [self._field(parameter) for parameter in parameters if parameter["in"] == "header"],
            "url": url,
        }
        if operation["security"] == []:
            request["auth"] = {"type": "noauth"}
        if "requestBody" in operation:
            text = json.dumps(self._body(operation["requestBody"]), indent=2, ensure_ascii=False)
            request["body"] = {"mode": "raw", "raw": text, "options": {"raw": {"language": "json"}}}
            request["header"].insert(0, {"key": "Content-Type", "value": "application/json"})
        return {
            "name": operation["summary"],
            "request": request,
            "event": [
                {"listen": "test", "script": {"type": "text/javascript", "exec": self._tests(verb, path, operation)}}
            ],
        }

    def _field(self, parameter: Json) -> Json:
        name = parameter["name"]
        description = parameter.get("description", "")
        if name in _VALUES:
            return {"key": name, "value": _VALUES[name], "description": description}
        return {"key": name, "value": str(self._example(parameter)), "description": description, "disabled": True}

    def _tests(self, verb: str, path: str, operation: Json) -> list[str]:
        """The lines of a script that Postman and newman run on the answer."""
        status, response = next(
            (status, self._resolved(response))
            for status, response in sorted(operation["responses"].items())
            if status.startswith("2")
        )
        lines = [f'pm.test("the status is {status}", () => pm.response.to.have.status({status}));']
        for name, header in response.get("headers", {}).items():
            if self._resolved(header).get("required") or name in ("ETag", "Location"):
                lines.append(f'pm.test("there is a header {name}", () => pm.response.to.have.header("{name}"));')
        contents = response.get("content", {})
        if contents:
            lines.append(
                f'pm.test("it is {" or ".join(contents)}", () => pm.expect({json.dumps(list(contents))})'
                '.to.include(pm.response.headers.get("Content-Type").split(";")[0]));'
            )
        if "application/json" in contents:
            schema = json.dumps(self._basics(contents["application/json"]["schema"], _DEPTH), ensure_ascii=False)
            lines.append(f'pm.test("its shape is the document\'s", () => pm.response.to.have.jsonSchema({schema}));')
        child = next((other for other in self._paths() if other.startswith(f"{path}/{{") and verb == "post"), None)
        if child:
            name = child[len(path) + 2 : -1]
            lines.append(f'pm.collectionVariables.set("{name}", pm.response.headers.get("Location").split("/").pop());')
        if "ETag" in response.get("headers", {}):
            lines.append('pm.collectionVariables.set("etag", pm.response.headers.get("ETag"));')
        return lines

    def _basics(self, schema: Json, depth: int) -> Json:
        """The schema's types and required names, so many levels deep, as JSON Schema."""
        schema = self._resolved(schema)
        basics: Json = {"type": [schema["type"], "null"] if schema.get("nullable") else schema["type"]}
        if depth and "properties" in schema:
            basics["required"] = schema.get("required", [])
            basics["properties"] = {
                name: self._basics(value, depth - 1) for name, value in schema["properties"].items()
            }
        if depth and "items" in schema:
            basics["items"] = self._basics(schema["items"], depth - 1)
        return basics

    def _body(self, body: Json) -> Any:
        return body["content"]["application/json"]["example"]

    def _example(self, parameter: Json) -> Any:
        schema = self._resolved(parameter["schema"])
        for place, name in ((parameter, "example"), (schema, "example"), (schema, "default")):
            if name in place:
                return place[name]
        return schema.get("enum", [""])[0]

    def _paths(self) -> list[str]:
        return list(self._document["paths"])

    def _at(self, path: str) -> Json:
        item: Json = self._document["paths"][path]
        return item

    def _resolved(self, node: Json) -> Json:
        while "$ref" in node:
            found: Json = self._document
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node


def _static(path: str) -> str:
    """`/articles/{article_id}/images` as `/articles/images`."""
    return "".join(f"/{segment}" for segment in path.strip("/").split("/") if not segment.startswith("{"))


def rendered() -> str:
    """The collection's text, as the file should hold it."""
    collection = Collection(yaml.safe_load(DOCUMENT.read_text("utf-8")))
    return json.dumps(collection.as_json(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    COLLECTION.write_text(rendered(), "utf-8")
    print(f"✓ {COLLECTION.relative_to(CHECKOUT)}")
