"""The acts: from nothing, under traffic, forward, back, forward again, the contract, and too late for it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from db.contract.refusal import ExitCode
from scripts.tour.evening import Organiser, leaderboard, play
from scripts.tour.fleet import Instance
from scripts.tour.release import FIRST, Release, make_second
from scripts.tour.stage import Stage, must
from scripts.tour.traffic import Traffic

# For how long nobody in the way must have been seen. In a cluster it is a lease; here nobody means to go back.
SOAK = "--soak 1"


def begin_from_nothing(stage: Stage) -> Instance:
    """A gate that is shut, and the Job that opens it."""
    stage.screen.act(1, "v1 meets an empty database, and waits for its Job")
    stage.screen.panel.revisions = FIRST.revisions
    first = stage.fleet.begin(FIRST)
    stage.fleet.wait_for_answer(first)
    first.watch.until(lambda moment: moment.standing == "empty", "empty")
    stage.job(FIRST, "upgrade")
    first.watch.until(lambda moment: moment.ready, "200")
    return first


def play_an_evening(stage: Stage, organiser: Organiser) -> int:
    """A futsal evening over HTTP, through the switch; answers its season."""
    stage.screen.panel.doing = "an evening of futsal"
    season = play(organiser, lambda line: stage.say("http", line))
    stage.screen.leaderboard(leaderboard(organiser, season))
    return season


def finish_the_first(stage: Stage, first: Instance) -> Release:
    """What trails v1, while people use it; answers v2, which is made meanwhile."""
    stage.screen.act(2, "what trails v1 is applied, while people use it")
    with ThreadPoolExecutor(1) as meanwhile:
        making = meanwhile.submit(make_second, stage.place, stage.folder)
        stage.job(FIRST, f"finish {SOAK}")
        first.watch.until(lambda moment: moment.standing == "at_head", "at_head")
        second = making.result()
    stage.say("release", "v2 is made: session.venue becomes session.place, for its schema and its statements")
    stage.screen.panel.revisions = second.revisions
    return second


def roll_forward(stage: Stage, first: Instance, second: Release) -> Instance:
    """N to N+1: the new instance waits for its Job, and the old one serves."""
    stage.screen.act(3, "forward to v2: it waits for its Job while v1 serves")
    new = stage.fleet.begin(second)
    stage.fleet.wait_for_answer(new)
    new.watch.until(lambda moment: moment.standing == "behind", "behind")
    stage.job(second, "upgrade")
    first.watch.until(lambda moment: moment.standing == "ahead", "ahead")
    stage.join(new)
    stage.leave(first)
    return new


def roll_back(stage: Stage, new: Instance) -> Instance:
    """N+1 to N: the older release is applied, and the schema stays."""
    stage.screen.act(4, "back to v1: the schema stays, since nothing is gone that v1 uses")
    old = stage.fleet.begin(FIRST)
    outcome = stage.job(FIRST, "upgrade")["outcome"]
    must(outcome == "ahead", f"the Job of v1 came to {outcome}, expected ahead")
    stage.join(old)
    stage.leave(new)
    return old


def roll_forward_again(stage: Stage, second: Release) -> Instance:
    """N to N+1 once more: the schema is there already. v1 is left a while."""
    stage.screen.act(5, "forward again: v2 finds its schema there; v1 lingers")
    new = stage.fleet.begin(second, stage.ports.management)
    outcome = stage.job(second, "upgrade")["outcome"]
    must(outcome == "nothing", f"the Job of v2 came to {outcome}, expected nothing")
    stage.join(new)
    return new


def contract(stage: Stage, lingering: Instance, new: Instance) -> None:
    """What would break v1 waits for v1, and says so; then it runs."""
    stage.screen.act(6, "the contract drops session.venue: not while v1 reads it")
    held = stage.job(new.release, f"finish {SOAK} --wait 0", ExitCode.READERS)
    must(lingering.name in held["message"], f"{lingering.name} is not named, expected the reader in the way")
    stage.say(f"job {new.release.name}", held["hint"])
    stage.leave(lingering)
    stage.job(new.release, f"finish {SOAK}")
    new.watch.until(lambda moment: moment.standing == "at_head", "at_head")


def come_too_late(stage: Stage) -> None:
    """v1 once more: its requests would fail, and so it is not let near any."""
    stage.screen.act(7, "v1 comes back too late: it takes no traffic, and says why")
    late = stage.fleet.begin(FIRST)
    stage.job(FIRST, "upgrade", ExitCode.NOT_FOR_THIS_IMAGE)
    stage.fleet.wait_for_answer(late)
    late.watch.until(lambda moment: moment.standing == "broken", "broken")
    must(not late.taken, f"{late.name} was given {late.taken} connections, expected none")


def count_what_was_written(stage: Stage, organiser: Organiser, traffic: Traffic) -> None:
    """Each write that was acknowledged is there, whichever release took it and wherever its column was."""
    written = traffic.acknowledged
    there = Counter(session["venue"] for session in organiser.pages("/sessions?limit=100"))
    lost = (written - there).total()
    stage.say("requests", f"{written.total()} writes acknowledged, {lost} of them lost")
    must(not lost, f"{lost} acknowledged writes are not there, expected all")
