"""/docs: the API's description for a person, as one page without a script."""

import json
from collections.abc import Iterator

from starlette.responses import HTMLResponse

from service.markup import Html, fill, joined
from service.openapi import Document
from service.page_style import BASE_CSS, NO_REFERRER, NOSNIFF, policy

CSS = (
    BASE_CSS
    + """
section { border-top: 1px solid var(--edge); padding: 1.25rem 0 }
section h2 { margin: 0 0 .375rem; font-size: 1rem }
pre {
  overflow-x: auto; margin: .5rem 0; padding: .75rem; border-radius: .5rem; background: var(--panel);
  font-size: .8125rem;
}
nav { columns: 22rem; font-size: .875rem; margin: 1.5rem 0; padding: 0 }
nav a { display: block; break-inside: avoid; padding: .125rem 0; text-decoration: none }
nav a:hover { text-decoration: underline }
ul { margin: .25rem 0; padding-left: 1.25rem }
"""
)
HEADERS = dict([policy(CSS), NOSNIFF, NO_REFERRER])
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
<nav aria-label="Operations">{links}</nav>
{operations}
<h2 id="schemas">Schemas</h2>
{schemas}
</main>
</body>
</html>
"""
OPERATION = """<section id="{id}">
<h2><span class="badge {mood}">{method}</span> <code>{path}</code></h2>
<p>{summary}. {description}</p>
{takes}
<p>Answers {answers}</p>
</section>
"""
LINK = '<a href="#{id}"><code>{method}</code> {path}</a>\n'
SCHEMA = '<section id="{name}"><h2>{name}</h2><pre>{schema}</pre></section>\n'


def answer_docs(document: Document) -> HTMLResponse:
    """The page of an OpenAPI document."""
    page = fill(
        PAGE,
        title=document["info"]["title"],
        description=document["info"]["description"],
        css=Html(CSS),
        links=joined(
            fill(LINK, id=one["operationId"], method=method, path=path)
            for method, path, one in listed(document)
        ),
        operations=joined(_operation(*one) for one in listed(document)),
        schemas=joined(
            fill(SCHEMA, name=name, schema=json.dumps(schema, indent=2, ensure_ascii=False))
            for name, schema in sorted(document["components"]["schemas"].items())
        ),
    )
    return HTMLResponse(page, headers=HEADERS)


def listed(document: Document) -> Iterator[tuple[str, str, Document]]:
    """Each operation with its method and path."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if method != "parameters":
                yield method.upper(), path, operation


def _operation(method: str, path: str, operation: Document) -> Html:
    takes = list(_takes(operation))
    return fill(
        OPERATION,
        id=operation["operationId"],
        method=method,
        mood="good" if method == "GET" else "warn",
        path=path,
        summary=operation["summary"].capitalize(),
        description=operation["description"],
        takes=fill("<ul>{takes}</ul>", takes=joined(takes)) if takes else Html(""),
        answers=joined(_answers(operation)),
    )


def _takes(operation: Document) -> Iterator[Html]:
    for parameter in operation.get("parameters", ()):
        need = "needed" if parameter["required"] else "may be left out"
        yield fill(
            "<li><code>{name}</code> in the {place}, {need}</li>",
            name=parameter["name"],
            place=parameter["in"],
            need=need,
        )
    if "requestBody" in operation:
        yield fill("<li>a body: {body}</li>", body=_schema(operation["requestBody"]))


def _answers(operation: Document) -> Iterator[Html]:
    for status, answer in operation["responses"].items():
        schema = _schema(answer) if "content" in answer else Html("")
        yield fill("<code>{status}</code> {schema} ", status=status, schema=schema)


def _schema(described: Document) -> Html:
    """A link to a named schema, or the schema itself."""
    (content,) = described["content"].values()
    schema = content["schema"]
    if "$ref" not in schema:
        return fill("<code>{schema}</code>", schema=json.dumps(schema))
    return fill('<a href="#{name}">{name}</a>', name=schema["$ref"].rpartition("/")[2])
