"""The API's description (OpenAPI 3.1), made of what its resources declare."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from service.editions import EDITION
from service.errors import MEDIA_TYPE, Kind
from service.paging import PageQuery
from service.resource import Operation, Resource
from service.validation import ID_MAX

Document = dict[str, Any]

_ABOUT = "The backend of a futsal group. Every answer is JSON, whatever the request accepts."
_ID = {"type": "integer", "minimum": 0, "maximum": ID_MAX}
_PARAMETER = re.compile(r"\{(\w+):int\}")
_PROBLEM: Document = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"enum": [kind.type for kind in Kind]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "problem"],
                "properties": {"path": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}
_IF_MATCH: Document = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "the ETag of what is changed, as it was read",
    "schema": {"type": "string", "pattern": EDITION},
}
_IF_NONE_MATCH: Document = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "the ETag of what is known already",
    "schema": {"type": "string"},
}


def describe(resources: list[Resource]) -> Document:
    """The document of these resources."""
    operations = [operation for resource in resources for operation in resource.operations.values()]
    types = [
        kind for operation in operations for kind in (operation.gives, operation.body) if kind is not None
    ]
    _, schemas = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "calcio", "version": "1", "description": _ABOUT},
        "paths": {_PARAMETER.sub(r"{\1}", resource.path): _path(resource) for resource in resources},
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"token": []}],
    }


def _path(resource: Resource) -> Document:
    keys = _PARAMETER.findall(resource.path)
    found: Document = {
        method.lower(): _operation(operation, keys) for method, operation in resource.operations.items()
    }
    if keys:
        found["parameters"] = [{"name": key, "in": "path", "required": True, "schema": _ID} for key in keys]
    return found


def _operation(operation: Operation, keys: list[str]) -> Document:
    name = operation.handler.__name__
    parameters = list(_query(operation.query))
    parameters += [_IF_MATCH] * operation.conditional + [_IF_NONE_MATCH] * operation.reads
    described: Document = {
        "operationId": name,
        "summary": name.replace("_", " "),
        "description": f"Needs the role {operation.role.name.lower()}.",
        "responses": {
            str(operation.status): _success(operation),
            **({"304": _KNOWN} if operation.reads else {}),
            **{str(kind.status): _failure(kind) for kind in _failures(operation, keys)},
        },
    }
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _content(operation.body)}
    return described


def _query(query: type[msgspec.Struct] | None) -> Iterator[Document]:
    if query is None:
        return
    (_,), schemas = msgspec.json.schema_components([query], ref_template="#/components/schemas/{name}")
    schema = schemas[query.__name__]
    for name, described in schema["properties"].items():
        yield {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": described,
        }


def _content(kind: Any) -> Mapping[str, Document]:
    (schema,), _ = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    return {"application/json": {"schema": schema}}


def _success(operation: Operation) -> Document:
    headers = []
    if operation.reads or "edition" in getattr(operation.gives, "__struct_fields__", ()):
        headers.append("ETag")
    if operation.status == 201:
        headers.append("Location")
    if operation.query is not None and issubclass(operation.query, PageQuery):
        headers.append("Link")
    described: Document = {"description": "Done.", "content": _content(operation.gives)}
    if headers:
        described["headers"] = {header: {"schema": {"type": "string"}} for header in headers}
    return described


_KNOWN: Document = {
    "description": "It is what If-None-Match names.",
    "headers": {"ETag": {"schema": {"type": "string"}}},
}


def _failure(kind: Kind) -> Document:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": f"{kind.title}.", "content": {MEDIA_TYPE: {"schema": schema}}}


def _failures(operation: Operation, keys: list[str]) -> Iterator[Kind]:
    yield from (Kind.UNAUTHENTICATED, Kind.FORBIDDEN, Kind.INVALID, Kind.UNAVAILABLE)
    if keys or operation.query is not None:
        yield Kind.NOT_FOUND
    if operation.conditional or operation.body is not None:
        yield Kind.CONFLICT
    if operation.body is not None:
        yield from (Kind.MALFORMED, Kind.NOT_JSON)
    if not operation.reads:
        yield Kind.TOO_LARGE
    if operation.conditional:
        yield from (Kind.STALE, Kind.UNCONDITIONAL)
