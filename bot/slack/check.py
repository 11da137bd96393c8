"""`slack check`: tokens, scopes, channel, groups, people and clock, each with what to do about it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.answer import FAILED, OK, Answer, Table
from bot.slack.admission import Stranger, admit, roles_by_group
from bot.slack.directory import member_of
from bot.slack.manifest import scopes
from bot.slack.replies import NO_ANSWER
from bot.slack.settings import SlackSettings
from bot.slack.workspace import look_up
from bot.words import count
from core.people import Act
from store.escalation.file import Escalation

CLOCK_S = 60


@dataclass(frozen=True, slots=True)
class Check:
    """`mend` is what to do when it is not good."""

    name: str
    good: bool
    says: str
    mend: str = ""


async def check_slack(
    slack: AsyncWebClient,
    settings: SlackSettings,
    escalation: Escalation,
    clock: Callable[[], datetime],
) -> Answer:
    """Reads only. Everything is checked even where something is wrong already."""
    checks = await _token(slack, escalation, clock)
    if checks[0].good:
        checks += [
            await _connection(slack, settings),
            await _channel(slack, escalation),
            await _groups(slack, escalation),
            *await _people(slack, escalation),
        ]
    wrong = [check for check in checks if not check.good]
    rows = [["ok" if c.good else "WRONG", c.name, c.says, "" if c.good else c.mend] for c in checks]
    title = (
        "Slack is ready" if not wrong else f"Slack is NOT ready: {count(len(wrong), 'thing')} wrong"
    )
    facts = {"wrong": [c.name for c in wrong], "checks": {c.name: c.says for c in checks}}
    table = Table("", ["", "what", "how", "what to do"], rows)
    return Answer(title, [], [table], facts, FAILED if wrong else OK)


async def _token(
    slack: AsyncWebClient, escalation: Escalation, clock: Callable[[], datetime]
) -> list[Check]:
    try:
        reply = await slack.auth_test()
    except SlackApiError as error:
        mend = "reinstall the app and copy its bot token into SLACK_BOT_TOKEN"
        return [Check("bot token", False, str(error.response.get("error")), mend)]
    except NO_ANSWER as error:
        return [Check("bot token", False, f"no answer: {error}", "is SLACK_API_URL reachable?")]
    team = escalation.workspace.team if escalation.workspace else None
    mend = f"write `slack: team: {reply['team_id']}` into escalation.yaml, or use that team's token"
    return [
        Check("bot token", True, f"{reply['user']} in {reply['team']} ({reply['team_id']})"),
        Check("workspace", team == reply["team_id"], f"escalation.yaml names {team}", mend),
        _scopes(reply.headers),
        _clock(reply.headers, clock()),
    ]


def _scopes(headers: Mapping[str, Any]) -> Check:
    told = {name.lower(): str(value) for name, value in headers.items()}.get("x-oauth-scopes", "")
    given = {scope.strip() for scope in told.split(",")}
    needed, optional = scopes()
    missing = sorted(needed - given)
    if missing:
        mend = "paste `perps-bot slack manifest` into the app's manifest and reinstall it"
        return Check("scopes", False, f"missing: {', '.join(missing)}", mend)
    lacking = sorted(optional - given)
    return Check("scopes", True, "all" if not lacking else f"all but {', '.join(lacking)}")


def _clock(headers: Mapping[str, Any], now: datetime) -> Check:
    """Slack refuses nothing here, but our own signatures and expiries count by this clock."""
    told = {name.lower(): str(value) for name, value in headers.items()}.get("date")
    if told is None:
        return Check("clock", True, "Slack told no time")
    apart_s = (now - parsedate_to_datetime(told)).total_seconds()
    return Check("clock", abs(apart_s) < CLOCK_S, f"{apart_s:+.0f} s from Slack's", "set it (NTP)")


async def _connection(slack: AsyncWebClient, settings: SlackSettings) -> Check:
    if settings.mode == "http":
        return Check("HTTP mode", True, "signing secret is set; send a command to try it")
    assert settings.app_token is not None, "the settings were checked"
    try:
        await slack.apps_connections_open(app_token=settings.app_token)
    except NO_ANSWER as error:
        told = error.response.get("error") if isinstance(error, SlackApiError) else error
        mend = "make an app-level token with connections:write, and switch Socket Mode on"
        return Check("Socket Mode", False, str(told), mend)
    return Check("Socket Mode", True, "a connection is given")


async def _channel(slack: AsyncWebClient, escalation: Escalation) -> Check:
    name = escalation.workspace.desk_channel if escalation.workspace else ""
    try:
        channel = await look_up(slack, name)
    except NO_ANSWER as error:
        return Check("desk channel", False, str(error), "the scopes above")
    if channel is None:
        mend = "make it, or name another one under `slack: channels: desk:`"
        return Check("desk channel", False, f"there is no {name}", mend)
    if not channel.get("is_member") and channel.get("is_private"):
        return Check("desk channel", False, f"{name} is private", "invite the bot there")
    return Check("desk channel", True, f"#{channel['name']} ({channel['id']})")


async def _groups(slack: AsyncWebClient, escalation: Escalation) -> Check:
    named = escalation.workspace.group_roles if escalation.workspace else {}
    if not named:
        return Check("user groups", True, "none gives roles here")
    try:
        reply = await slack.usergroups_list()
    except SlackApiError as error:
        mend = "user groups need a paid plan and usergroups:read; or name the people instead"
        return Check("user groups", False, str(error.response.get("error")), mend)
    known = {name for group in reply["usergroups"] for name in (group["id"], group["handle"])}
    missing = sorted(set(named) - known)
    if missing:
        return Check("user groups", False, f"no such group: {', '.join(missing)}", "mend the names")
    return Check("user groups", True, ", ".join(named))


async def _people(slack: AsyncWebClient, escalation: Escalation) -> Iterable[Check]:
    checks = []
    for person in escalation.people.values():
        if person.slack is None:
            says = "has no Slack account here; their word counts in the terminal only"
            checks.append(Check(person.name, True, says))
            continue
        try:
            member = member_of((await slack.users_info(user=person.slack))["user"])
        except NO_ANSWER as error:
            told = error.response.get("error") if isinstance(error, SlackApiError) else error
            checks.append(Check(person.name, False, f"{person.slack}: {told}", "mend `slack:`"))
            continue
        found = admit(member, member.team, escalation)
        if isinstance(found, Stranger):
            checks.append(Check(person.name, False, found.value, "mend `slack:` or the account"))
        else:
            checks.append(Check(person.name, True, f"{member.full_name} ({person.slack})"))
    able = [p for p in escalation.people.values() if p.may(Act.CONFIRM) and p.slack]
    by_group = escalation.workspace is not None and bool(
        roles_by_group(escalation.workspace.group_roles, escalation)
    )
    enough = len(able) > 1 or by_group
    says = f"{len(able)} in Slack may confirm"
    checks.append(Check("second person", enough, says, "give two people an account and a role"))
    return checks
