"""The second port: what kubelet, Prometheus and people in a hurry ask, never what a client asks."""

from collections.abc import Awaitable, Mapping

from service.gate.answers import TEXT, Answer, App, Receive, Scope, Send


class Management:
    """Hands a request to the handler of its path."""

    def __init__(self, handlers: Mapping[str, App]) -> None:
        self._handlers = handlers
        self._not_found = Answer.text(404, f"found here: {' '.join(handlers)}\n")
        understood = b"GET and HEAD are understood here\n"
        self._not_allowed = Answer.of(405, TEXT, understood, [("allow", "GET, HEAD")])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        handler = self._handlers.get(scope["path"])
        if handler is None:
            await self._not_found.send(send)
        elif scope["method"] not in {"GET", "HEAD"}:
            await self._not_allowed.send(send)
        else:
            await handler(scope, receive, send)


class Ports:
    """One process, two ports: the socket that a request came in by decides who answers it."""

    def __init__(self, api: App, management: App, management_port: int) -> None:
        self._api = api
        self._management = management
        self._management_port = management_port

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        is_management = scope["type"] == "http" and scope["server"][1] == self._management_port
        return (self._management if is_management else self._api)(scope, receive, send)
