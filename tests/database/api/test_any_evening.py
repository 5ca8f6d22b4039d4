"""Any order of whistles, corrections and changes, alone or at the same moment, leaves what a recount finds."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from httpx import Client, Response
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from db.contract.url import DatabaseUrl
from tests.database.api.evening import (
    API,
    Document,
    change,
    made,
    make_players,
    make_session,
    set_state,
)
from tests.database.api.recount import (
    assert_ratings_follow_from_matches,
    assert_statistics_follow_from_matches,
)

PLAYERS = 7
AT_ONCE = 4
SEASONS = ("2024-09-01T18:00:00Z", "2025-09-01T18:00:00Z")
EFFORT = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    # What happened at once does not happen again for the asking: a smaller example would be another one.
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
Act = tuple[str, Any, Any]  # what is done, to which match or player, with what


def acts(matches: Bundle[Document]) -> st.SearchStrategy[Act]:
    goals = st.lists(st.tuples(st.sampled_from(["home", "away"]), st.booleans()), max_size=3)
    return st.one_of(
        st.tuples(st.just("finalise"), matches, st.none()),
        st.tuples(st.just("put goals"), matches, goals),
        st.tuples(st.just("rename"), st.integers(0, PLAYERS - 1), st.sampled_from("abc")),
        st.tuples(st.just("retire"), st.integers(0, PLAYERS - 1), st.booleans()),
    )


class Evening(RuleBasedStateMachine):
    """Organisers who all read the same and then act, and what each of them is told."""

    matches: Bundle[Document] = Bundle("matches")

    def __init__(self, organiser: Client, owner: DatabaseUrl) -> None:
        super().__init__()
        self.organiser = organiser
        self.owner = owner

    @initialize()
    def gather(self) -> None:
        self.players = make_players(self.organiser, PLAYERS)
        self.sessions = [make_session(self.organiser, starts_at) for starts_at in SEASONS]
        for session_id in self.sessions:
            set_state(self.organiser, session_id, "open", "locked")

    @rule(
        target=matches,
        who=st.permutations(range(PLAYERS)),
        season=st.integers(0, 1),
        sizes=st.tuples(*[st.integers(1, 3)] * 2),
    )
    def line_up(self, who: list[int], season: int, sizes: tuple[int, int]) -> Document:
        players = [self.players[place] for place in who]
        home, away = players[: sizes[0]], players[sizes[0] : sum(sizes)]
        path = f"{API}/sessions/{self.sessions[season]}/matches"
        match = made(self.organiser.post(path, json={"home": home, "away": away}))
        return {"path": f"{API}/matches/{match['id']}", "home": home, "away": away}

    @rule(season=st.integers(0, 1), starts_at=st.sampled_from(SEASONS))
    def move(self, season: int, starts_at: str) -> None:
        """Another date for a session, perhaps of another season; its matches are read anew from then on."""
        change(self.organiser, f"{API}/sessions/{self.sessions[season]}", {"starts_at": starts_at})

    @rule(many=st.lists(acts(matches), min_size=1, max_size=AT_ONCE))
    def at_once(self, many: list[Act]) -> None:
        """Do all of it in one moment, after everybody has read the same."""
        paths = [self.path(act) for act in many]
        read = {path: self.organiser.get(path) for path in paths}
        begin = Barrier(len(many))

        def do(act: Act, path: str) -> Response:
            begin.wait(10)
            return self.send(act, path, {"If-Match": read[path].headers["ETag"]})

        with ThreadPoolExecutor(len(many)) as people:
            answers = list(people.map(do, many, paths))
        for path, before in read.items():
            told = [(act, answer) for act, at, answer in zip(many, paths, answers, strict=True) if at == path]
            self.one_was_heard(path, before.json(), told)

    def path(self, act: Act) -> str:
        _, what, _ = act
        return f"{API}/players/{self.players[what]}" if isinstance(what, int) else str(what["path"])

    def send(self, act: Act, path: str, unchanged: dict[str, str]) -> Response:
        match act:
            case "finalise", _, _:
                return self.organiser.post(f"{path}/finalisation", headers=unchanged)
            case "put goals", match, goals:
                return self.organiser.put(f"{path}/goals", json=scored(match, goals), headers=unchanged)
            case "rename", _, name:
                return self.organiser.patch(path, json={"name": name}, headers=unchanged)
            case _, _, retired:
                return self.organiser.patch(path, json={"retired": retired}, headers=unchanged)

    def one_was_heard(self, path: str, before: Document, told: Sequence[tuple[Act, Response]]) -> None:
        """Of all who changed the same from the same, one did; the others know, and what is read is that one's."""
        possible = [act for act, _ in told if act[0] != "finalise" or before["state"] == "open"]
        heard = [(act, answer) for act, answer in told if answer.status_code == 200]
        assert len(heard) == min(1, len(possible)), [answer.text for _, answer in told]
        refused = {409, 412} if len(possible) < len(told) else {412}
        assert {answer.status_code for _, answer in told} - {200} <= refused
        after = made(self.organiser.get(path), 200)
        for act, answer in heard:
            assert after["edition"] == before["edition"] + 1
            assert after.items() >= answer.json().items()
            if act[0] == "put goals":
                assert [{**goal} for goal in after["goals"]] == scored(act[1], act[2])
        if not heard:
            # Somebody on the sheet may have another name by now.
            assert {**after, "line_ups": None} == {**before, "line_ups": None}

    def teardown(self) -> None:
        """Whatever the order was in which they were heard."""
        assert_ratings_follow_from_matches(self.owner)
        assert_statistics_follow_from_matches(self.owner)


def scored(match: Document, goals: list[tuple[str, bool]]) -> list[Document]:
    """Goals by the first player of a side, as the API takes and gives them."""
    return [
        {"scorer_id": match[side][0], "assistant_id": None, "own_goal": own_goal} for side, own_goal in goals
    ]


def test_no_order_of_organisers_loses_a_change(
    organiser: Client, owner_url: DatabaseUrl, api_url: DatabaseUrl
) -> None:
    """Up to four at once: of those who change the same from the same one is heard, and all figures follow from it."""
    owner = owner_url.replace(database=api_url.database)
    run_state_machine_as_test(lambda: Evening(organiser, owner), settings=EFFORT)  # type: ignore[arg-type]
