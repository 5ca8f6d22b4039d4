"""Spares a client what it has already: 304 where its If-None-Match names what it would get."""

from hashlib import blake2b

from starlette.requests import Request
from starlette.responses import Response

# Who asked is who gets it, and it is asked for again before it is shown again.
CACHED = "private, no-cache"


def unless_known(request: Request, response: Response) -> Response:
    """`response` with a tag, or 304 where the client knows that one."""
    headers = response.headers
    headers["Cache-Control"] = CACHED
    if "ETag" not in headers:
        headers["ETag"] = f'W/"{digest(response)}"'
    known = request.headers.get("if-none-match")
    if known is None or not names(known, headers["ETag"]):
        return response
    kept = {name: headers[name] for name in ("Cache-Control", "ETag", "Link") if name in headers}
    return Response(status_code=304, headers=kept)


def names(known: str, etag: str) -> bool:
    """Whether a list of tags holds this one, weak or not, as RFC 9110 compares them for reading."""
    if known.strip() == "*":
        return True
    return etag.removeprefix("W/") in {one.strip().removeprefix("W/") for one in known.split(",")}


def digest(response: Response) -> str:
    return blake2b(response.body, digest_size=8).hexdigest()
