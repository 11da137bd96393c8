"""What ought to stand in the desk's channel: a card for each request, and each flatten without one."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.commands.looking import lapsed_away
from bot.picture import Picture, read_picture
from bot.slack.admission import groups_that
from bot.slack.approved_people import ApprovedPeople
from bot.slack.card import CARD, card
from bot.slack.card_words import Seen
from bot.slack.job_card import JobSeen, job_card, job_step
from bot.slack.message import Message
from bot.slack.steps import Step, step
from core.flatten import Job
from core.people import Act
from core.requests import Request
from store.control import desks
from store.flattening import latest_job, read_job
from store.lock import running_pid
from store.outcomes import cancelled_since, closed_by
from store.requests import requests_without_final_post
from store.slack_posts import jobs_without_final_post
from store.store import Store, Transaction

JOB = "flatten:"
"""With a job's id: the key of its card among our posts."""


@dataclass(frozen=True, slots=True)
class Due:
    """One card. `urgent` changes with what must be seen at once; `step` is its newest one, with its key."""

    key: str
    desk: str
    message: Message
    urgent: str
    over: bool
    step: tuple[str, Step] | None


class Ought:
    """Reads it from the store, on whatever thread it is asked for."""

    def __init__(
        self,
        store: Store,
        people: ApprovedPeople,
        monotonic_ns: Callable[[], int],
        command: str,
        since: datetime,
    ) -> None:
        self._store = store
        self._people = people
        self._monotonic_ns = monotonic_ns
        self._command = command
        self._since = since

    def cards(self, now: datetime) -> list[Due]:
        """Those that are not over, or not shown as over."""
        return [due for desk in self._store.read(desks) for due in self._of_desk(desk, now)]

    def _of_desk(self, desk: str, now: datetime) -> list[Due]:
        lapsed_away(self._store, desk, now)
        requests = self._store.read(
            lambda c: requests_without_final_post(c, desk, CARD, self._since)
        )
        job_ids = self._store.read(lambda c: jobs_without_final_post(c, desk, JOB, self._since))
        if not requests and not job_ids:
            return []
        picture = read_picture(self._store, desk, now, self._monotonic_ns())
        runs = running_pid(self._store.home.single("loop", desk)) is not None
        found = [self._of_request(request, picture, runs=runs) for request in requests]
        return found + [self._of_job(id, picture, runs=runs) for id in job_ids]

    def _of_request(self, request: Request, picture: Picture, *, runs: bool) -> Due:
        escalation = self._people.read()

        def query(c: Transaction) -> Seen:
            job = _job_of(c, request)
            return Seen(
                request=request,
                picture=picture,
                job=job,
                closed=closed_by(c, job) if job else (),
                cancelled=cancelled_since(c, request.desk, request.asked_at),
                people=tuple(escalation.people.values()),
                trader_runs=runs,
                command=self._command,
                groups=groups_that(Act.CONFIRM, escalation),
            )

        seen = self._store.read(query)
        said = step(seen)
        return Due(
            key=f"{CARD}{request.id}",
            desk=request.desk,
            message=card(seen),
            urgent=seen.urgent,
            over=seen.over,
            step=(f"{request.id}/{request.state}", said) if said else None,
        )

    def _of_job(self, id: str, picture: Picture, *, runs: bool) -> Due:
        def query(c: Transaction) -> JobSeen:
            job = read_job(c, id)
            assert job is not None, "it was found a moment ago, and jobs are never deleted"
            return JobSeen(job, closed_by(c, job), picture.row.mode, runs)

        seen = self._store.read(query)
        said = job_step(seen)
        return Due(
            key=f"{JOB}{id}",
            desk=seen.job.desk,
            message=job_card(seen),
            urgent=seen.urgent,
            over=not seen.job.open,
            step=(f"{id}/{seen.job.state}", said) if said else None,
        )


def _job_of(c: Transaction, request: Request) -> Job | None:
    """The request's own flatten, or the one that was running already when it was confirmed."""
    own = read_job(c, request.id)
    if own is not None or request.decided_at is None or request.action != "kill":
        return own
    latest = latest_job(c, request.desk)
    return latest if latest is not None and latest.asked_at <= request.decided_at else None
