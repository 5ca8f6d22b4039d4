"""Users: which player a token's subject is, for an admin to say."""

from service.answers import Answer
from service.auth import ANYONE, Principal, Role
from service.editions import created, stale, tagged
from service.errors import found, unauthenticated
from service.paging import page
from service.request import Request
from service.resource import Resource, changes, reads, writes
from service.users import queries
from service.users.models import (
    Account,
    AccountChange,
    AccountKey,
    AccountsPage,
    AccountsQuery,
    Me,
    NewAccount,
)
from service.validation import path_id


async def create_account(request: Request, new: NewAccount) -> Answer:
    account = await queries.CREATE.only(request.pool, new.subject, new.player_id)
    return created(account, f"{request.url.path}/{account.id}")


async def list_accounts(request: Request, query: AccountsQuery) -> Answer:
    after = query.key(AccountKey, AccountKey(0))
    accounts = await queries.LIST.all(request.pool, after.id, query.limit + 1)
    return page(request, query, accounts, lambda account: AccountKey(account.id))


async def read_account(request: Request) -> Answer:
    account_id = path_id(request, "account_id")
    account = await request.gathering.one(queries.READ, account_id)
    return tagged(found(account, "account", account_id))


async def change_account(request: Request, edition: int, change: AccountChange) -> Answer:
    account_id = path_id(request, "account_id")
    async with request.pool.acquire() as connection:
        account = await queries.CHANGE.one(connection, account_id, edition, change.player_id)
        if account is None:
            found(await queries.READ.single(connection, account_id), "account", account_id)
            raise stale()
    return tagged(account)


async def read_me(request: Request) -> Answer:
    principal: Principal = request.principal
    if principal is ANYONE:
        raise unauthenticated("reading is public here, but who you are only a token says")
    account = await queries.FIND.one(request.pool, principal.subject)
    return Answer.of(Me(principal.subject, principal.role.name.lower(), account))


routes = [
    Resource(
        "/users",
        {
            "GET": reads(list_accounts, AccountsPage, query=AccountsQuery, role=Role.ADMIN),
            "POST": writes(create_account, Account, body=NewAccount, status=201, role=Role.ADMIN),
        },
    ),
    Resource("/users/me", {"GET": reads(read_me, Me)}),
    Resource(
        "/users/{account_id:int}",
        {
            "GET": reads(read_account, Account, role=Role.ADMIN),
            "PATCH": changes(change_account, Account, body=AccountChange, role=Role.ADMIN),
        },
    ),
]
