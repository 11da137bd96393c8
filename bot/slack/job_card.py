"""The card of a flatten that no request asked for: one position closed, or a kill on one voice. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.slack.card_words import leg_lines
from bot.slack.message import Message, context, header, message, section, sections
from bot.slack.mrkdwn import bold, code, escape, moment
from bot.slack.steps import Step
from core.flatten import Closed, Job, JobState
from core.modes import Mode


@dataclass(frozen=True, slots=True)
class JobSeen:
    """Everything the card shows."""

    job: Job
    closed: Sequence[Closed]
    mode: Mode
    trader_runs: bool

    @property
    def urgent(self) -> str:
        return "|".join([self.job.state, *(f"{g.product_id}:{g.state}" for g in self.job.legs)])


def job_card(seen: JobSeen) -> Message:
    """In its present state; the text alone says everything."""
    job = seen.job
    head = f"{_sign(job)} {job.desk}: {_title(job)}"
    lines = [f"Asked by {bold(job.actor)}. The desk is {seen.mode.name}."]
    if job.reason:
        lines.append(f"> {escape(job.reason.replace(chr(10), ' '))}")
    lines += leg_lines(job, seen.closed)
    if job.open and not seen.trader_runs:
        lines.append(f"*NO TRADER RUNS: nobody closes it.* {code('perps-bot --profile PROFILE')}")
    if job.outcome:
        lines.append(bold(job.outcome))
    asked = moment(job.asked_at, "{date_short_pretty} {time_secs}")
    small = f"flatten {code(job.id)} · asked {asked}"
    blocks = [header(head), *sections(lines), context([small])]
    return message("\n".join([escape(head), *lines, small]), blocks)


def job_step(seen: JobSeen) -> Step | None:
    """The end is worth a reply that everybody sees."""
    job = seen.job
    if job.open:
        return None
    text = f"{bold(job.desk)}: {escape(_title(job))}. {escape(job.outcome)}"
    return Step(message(text, [section(text)]), loud=True)


def _sign(job: Job) -> str:
    return {JobState.FLAT_VERIFIED: "✅", JobState.RESIDUAL: "🔴"}.get(job.state, "⏳")


def _title(job: Job) -> str:
    what = ", ".join(job.product_ids) or "everything"
    if job.open:
        return f"closing {what}"
    return f"{what} closed" if job.state is JobState.FLAT_VERIFIED else f"NOT all of {what} closed"
