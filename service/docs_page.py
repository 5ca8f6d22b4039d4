"""/docs: the API's description for a person, as one page without a script."""

import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256

from starlette.responses import HTMLResponse

from service.markup import Html, fill, joined
from service.openapi import Document

CSS = """
:root { color-scheme: light dark; --edge: #8886 }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem }
h1 { font-size: 1.25rem } h2 { font-size: 1rem; margin: 0; overflow-wrap: anywhere }
section { border-top: 1px solid var(--edge); padding: .75rem 0 }
p { margin: .25rem 0 } pre { overflow-x: auto; margin: .25rem 0 }
"""
HEADERS = {
    "content-security-policy": f"default-src 'none'; style-src 'sha256-"
    f"{b64encode(sha256(CSS.encode()).digest()).decode()}'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
}
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{css}</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p>{description} The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>
{operations}
{schemas}
</main>
</body>
</html>
"""
OPERATION = """<section id="{id}">
<h2><code>{method} {path}</code></h2>
<p>{summary}. {description}</p>
{takes}
<p>Answers: {answers}</p>
</section>
"""
SCHEMA = '<section id="{name}"><h2>{name}</h2><pre>{schema}</pre></section>\n'


def answer_docs(document: Document) -> HTMLResponse:
    """The page of an OpenAPI document."""
    page = fill(
        PAGE,
        title=document["info"]["title"],
        description=document["info"]["description"],
        css=Html(CSS),
        operations=joined(_operations(document)),
        schemas=joined(
            fill(SCHEMA, name=name, schema=json.dumps(schema, indent=2, ensure_ascii=False))
            for name, schema in sorted(document["components"]["schemas"].items())
        ),
    )
    return HTMLResponse(page, headers=HEADERS)


def _operations(document: Document) -> Iterator[Html]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                yield _operation(method.upper(), path, operation)


def _operation(method: str, path: str, operation: Document) -> Html:
    return fill(
        OPERATION,
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"].capitalize(),
        description=operation["description"],
        takes=joined(_takes(operation)),
        answers=joined(_answers(operation)),
    )


def _takes(operation: Document) -> Iterator[Html]:
    for parameter in operation.get("parameters", ()):
        need = "needed" if parameter["required"] else "may be left out"
        yield fill(
            "<p><code>{name}</code> in the {place}, {need}</p>",
            name=parameter["name"],
            place=parameter["in"],
            need=need,
        )
    if "requestBody" in operation:
        yield fill("<p>Takes {body}</p>", body=_schema(operation["requestBody"]))


def _answers(operation: Document) -> Iterator[Html]:
    for status, answer in operation["responses"].items():
        yield fill("<code>{status}</code> {schema} ", status=status, schema=_schema(answer))


def _schema(described: Document) -> Html:
    """A link to a named schema, or the schema itself."""
    (content,) = described["content"].values()
    schema = content["schema"]
    if "$ref" not in schema:
        return fill("<code>{schema}</code>", schema=json.dumps(schema))
    return fill('<a href="#{name}">{name}</a>', name=schema["$ref"].rpartition("/")[2])
