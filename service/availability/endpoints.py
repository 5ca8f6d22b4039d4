"""Availability: a player says yes, no or maybe until the session locks; an organiser may say it for anyone."""

from service.answers import Answer
from service.auth import Principal, Role
from service.availability import queries
from service.availability.models import Answered, AnswerKey, AnswersPage, AnswersQuery, NewAnswer
from service.errors import Kind, Problem, found
from service.paging import page
from service.request import Request
from service.resource import Resource, reads, writes
from service.sessions import queries as sessions
from service.sessions.states import TAKES_ANSWERS
from service.statement import Connection
from service.users import queries as users
from service.validation import path_id
from service.work import unit_of_work


async def list_answers(request: Request, query: AnswersQuery) -> Answer:
    session_id = path_id(request, "session_id")
    after = query.key(AnswerKey, AnswerKey(0))
    async with request.pool.acquire() as connection:
        found(await sessions.READ.single(connection, session_id), "session", session_id)
        answers = await queries.LIST.all(connection, session_id, after.id, query.limit + 1)
    return page(request, query, answers, lambda answer: AnswerKey(answer.player_id))


async def put_answer(request: Request, new: NewAnswer) -> Answer:
    session_id, player_id = path_id(request, "session_id"), path_id(request, "player_id")
    principal: Principal = request.principal

    async def work(connection: Connection) -> Answered:
        await _may_speak_for(connection, principal, player_id)
        # Held until the answer is written: a session does not lock between the look and the word.
        session = found(await sessions.HOLD.one(connection, session_id), "session", session_id)
        if session.state not in TAKES_ANSWERS:
            raise Problem(Kind.CONFLICT, f"the session is {session.state} and takes no answers any more")
        answer = await queries.PUT.one(connection, session_id, player_id, new.answer)
        return found(answer, "player who still plays with the id", player_id)

    return Answer.of(await unit_of_work(request.pool, work))


async def _may_speak_for(connection: Connection, principal: Principal, player_id: int) -> None:
    if principal.role >= Role.ORGANISER:
        return
    account = await users.FIND.one(connection, principal.subject)
    if account is None or account.player_id != player_id:
        raise Problem(
            Kind.FORBIDDEN, "a reader answers for the player of their own account, an organiser for all"
        )


routes = [
    Resource(
        "/sessions/{session_id:int}/availability",
        {"GET": reads(list_answers, AnswersPage, query=AnswersQuery)},
    ),
    Resource(
        "/sessions/{session_id:int}/availability/{player_id:int}",
        {"PUT": writes(put_answer, Answered, body=NewAnswer, role=Role.READER)},
    ),
]
