"""A futsal evening over HTTP: players, a session, answers, balanced teams, a match that counts."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import Any

import httpx

from db.contract.refusal import ExitCode, Refusal

API = "/api/v1"
PEOPLE = {
    "Ada": "goalkeeper",
    "Bruno": "defender",
    "Carla": "winger",
    "Dario": "pivot",
    "Elena": "any",
    "Fabio": "goalkeeper",
    "Gina": "defender",
    "Hugo": "winger",
    "Ivana": "pivot",
    "Luca": "any",
    "Marta": "winger",
}
AWAY_THIS_TIME = "Marta"
SEED = 7
Document = dict[str, Any]
Say = Callable[[str], None]


class Organiser:
    """Somebody with a token who uses the API."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def ask(self, method: str, path: str, body: object = None, *, of: Document | None = None) -> Any:
        """The document that is answered; `of` is what the request changes, as it was last seen."""
        return self._answer(method, API + path, body, of).json()

    def pages(self, path: str) -> Iterator[Document]:
        """Every item of a list, page by page."""
        page = API + path
        while page:
            answer = self._answer("GET", page)
            yield from answer.json()["items"]
            page = answer.links.get("next", {}).get("url", "")

    def _answer(
        self, method: str, path: str, body: object = None, of: Document | None = None
    ) -> httpx.Response:
        headers = {} if of is None else {"If-Match": f'"{of["edition"]}"'}
        try:
            answer = self._client.request(method, path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise unexpected(method, path, type(error).__name__) from error
        if not answer.is_success:
            raise unexpected(method, path, f"{answer.status_code}: {answer.text}")
        return answer


def unexpected(method: str, path: str, found: str) -> Refusal:
    return Refusal(
        ExitCode.INTERNAL, f"{method} {path} answered {found}, expected success", "Report it, please"
    )


def play(organiser: Organiser, say: Say) -> int:
    """Play one evening; answers its season."""
    players = [
        organiser.ask("POST", "/players", {"name": name, "preferred_role": role})
        for name, role in PEOPLE.items()
    ]
    say(f"POST {API}/players: {', '.join(player['name'] for player in players)}")
    session = open_session(organiser, say)
    path = f"/sessions/{session['id']}"
    answer(organiser, path, players, say)
    teams = organiser.ask("POST", f"{path}/teams", {"seed": SEED})
    home, away = ([member["name"] for member in teams[side]] for side in ("home", "away"))
    say(f"POST {API}{path}/teams: {', '.join(home)} against {', '.join(away)}")
    organiser.ask("PATCH", path, {"state": "locked"}, of=session)
    match = organiser.ask("POST", f"{path}/matches", {})
    path = f"/matches/{match['id']}"
    match = organiser.ask("PUT", f"{path}/goals", list(goals(teams)), of=match)
    say(f"PUT {API}{path}/goals: {match['home_score']}:{match['away_score']}")
    match = organiser.ask("POST", f"{path}/finalisation", of=match)
    say(f"POST {API}{path}/finalisation: the match is {match['state']}; ratings and statistics moved with it")
    return int(match["season"])


def open_session(organiser: Organiser, say: Say) -> Document:
    tomorrow = datetime.now(UTC).replace(hour=19, minute=0, second=0, microsecond=0) + timedelta(days=1)
    session: Document = organiser.ask(
        "POST", "/sessions", {"starts_at": tomorrow.isoformat(), "venue": "Sports hall", "players_a_side": 5}
    )
    say(
        f"POST {API}/sessions: {session['venue']}, {tomorrow:%A at %H:%M}, {session['players_a_side']} a side"
    )
    opened: Document = organiser.ask("PATCH", f"/sessions/{session['id']}", {"state": "open"}, of=session)
    return opened


def answer(organiser: Organiser, path: str, players: Sequence[Document], say: Say) -> None:
    for player in players:
        word = "no" if player["name"] == AWAY_THIS_TIME else "yes"
        organiser.ask("PUT", f"{path}/availability/{player['id']}", {"answer": word})
    say(f"PUT {API}{path}/availability: {len(players) - 1} said yes, {AWAY_THIS_TIME} no")


def goals(teams: Document) -> Iterator[Document]:
    """Four for the home side, two for the other; each but the last of a side with somebody's help."""
    for side, many in (("home", 4), ("away", 2)):
        ids = cycle([member["player_id"] for member in reversed(teams[side])])
        scorer = next(ids)
        for number in range(many):
            helper = next(ids)
            yield {"scorer_id": scorer, "assistant_id": None if number == many - 1 else helper}
            scorer = helper if number % 2 else scorer


def leaderboard(organiser: Organiser, season: int) -> Sequence[Document]:
    """The season's players, the best first."""
    lines: Sequence[Document] = organiser.ask("GET", f"/statistics?season={season}")["items"]
    return lines
