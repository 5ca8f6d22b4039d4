"""Operations and the resources they belong to: what each takes, gives and asks of the caller, said once."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from service.answers import Answer
from service.auth import Role
from service.conditional import marked, unless_known
from service.editions import expected_edition
from service.handlers import answer_to
from service.parameters import read_query
from service.request import Request
from service.validation import read_body, read_nothing

# Python reads no longer number than of 4300 digits; a path with one is none of ours.
DIGITS_MAX = 1000


class BoundedConvertor(IntegerConvertor):
    """The number in a path."""

    regex = f"[0-9]{{1,{DIGITS_MAX}}}"


register_url_convertor("int", BoundedConvertor())

Handler = Callable[..., Awaitable[Answer]]


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is taken where no parameter is known: none, as elsewhere no unknown one."""


class Operation:
    """One method of a resource: its handler gets the request, and then of query, edition and body what it takes."""

    def __init__(
        self,
        handler: Handler,
        *,
        gives: Any,
        role: Role,
        status: int = 200,
        query: type[msgspec.Struct] | None = None,
        body: Any = None,
        conditional: bool = False,
        reads: bool = False,
        is_shared: bool = False,
    ) -> None:
        self.handler = handler
        self.gives = gives
        self.role = role
        self.status = status
        self.query = query
        self.body = body
        self.conditional = conditional
        self.reads = reads
        self.is_shared = is_shared
        self._decoder = None if body is None else msgspec.json.Decoder(body)

    def __call__(self, request: Request) -> Awaitable[Answer]:
        """The answer to a request that may pass, which is looked at first; raises Problem where it may not."""
        scope = request.scope
        request.principal = request.auth.authorise(
            self.role, scope["method"], request.header(b"authorization")
        )
        if not self.is_shared:
            return self._answer(request)
        return request.sharing.take_part(
            (scope["path"], scope["query_string"]), None, lambda _: self._answer(request)
        )

    async def _answer(self, request: Request) -> Answer:
        arguments: list[Any] = []
        if self.query is not None:
            arguments.append(read_query(request, self.query))
        elif request.scope["query_string"]:
            read_query(request, NoQuery)
        if self.conditional:
            arguments.append(expected_edition(request))
        if self._decoder is not None:
            arguments.append(await read_body(request, self._decoder))
        elif not self.reads:
            await read_nothing(request)
        answer = await self.handler(request, *arguments)
        return marked(answer) if self.reads else answer


def reads(handler: Handler, gives: Any, *, query: Any = None, role: Role = Role.READER) -> Operation:
    return Operation(handler, gives=gives, query=query, role=role, reads=True)


def shares(handler: Handler, gives: Any, *, query: Any = None) -> Operation:
    """An operation that reads what everyone may see, so that all who ask at once have a part in one answer."""
    return Operation(handler, gives=gives, query=query, role=Role.READER, reads=True, is_shared=True)


def writes(
    handler: Handler, gives: Any, *, body: Any = None, status: int = 200, role: Role = Role.ORGANISER
) -> Operation:
    return Operation(handler, gives=gives, body=body, status=status, role=role)


def changes(handler: Handler, gives: Any, *, body: Any = None, role: Role = Role.ORGANISER) -> Operation:
    """An operation on what the client has read before, as its If-Match says."""
    return Operation(handler, gives=gives, body=body, role=role, conditional=True)


class Resource(Route):
    """A path and its operations by method; any other method is 405 with the ones there are."""

    methods: set[str]  # HEAD with GET

    def __init__(self, path: str, operations: Mapping[str, Operation]) -> None:
        self.operations = operations
        super().__init__(path, Methods(operations), methods=list(operations))
        # Starlette's ends with $, which a newline may follow.
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + r"\Z")

    def under(self, prefix: str) -> "Resource":
        """The same resource, its path below `prefix`."""
        return Resource(prefix + self.path, self.operations)

    def parameters(self, path: str) -> dict[str, Any] | None:
        """What stands in `path` for this one's parameters; None where it is no path of this resource."""
        match = self.path_regex.match(path)
        if match is None:
            return None
        parameters: dict[str, Any] = match.groupdict()
        for name, text in parameters.items():
            parameters[name] = self.param_convertors[name].convert(text)
        return parameters


class Methods:
    """A resource's operations as an ASGI application, which answers what they raise by itself."""

    def __init__(self, operations: Mapping[str, Operation]) -> None:
        self._operations = operations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        request = Request(scope, receive, send)
        operation = self._operations[method]
        try:
            answer = await operation(request)
            if operation.reads:
                answer = unless_known(request, answer)
        except Exception as error:  # noqa: BLE001 - each has its answer, and what is none of ours is logged
            answer = answer_to(request, error)
        await answer(scope, receive, send)
