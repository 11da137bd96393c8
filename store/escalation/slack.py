"""The section `slack`: the desk's team, its channels, and what a user group may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from core.people import Role
from store.escalation.fields import Strict
from store.escalation.people import RoleName

Channel = Annotated[str, Field(pattern=r"^(C[A-Z0-9]{6,}|[a-z0-9_-]{1,80})$")]


@dataclass(frozen=True, slots=True)
class Workspace:
    """The desk's Slack. Without channels of their own, alerts and digests go to the desk's."""

    team: str
    desk_channel: str
    group_roles: Mapping[str, frozenset[Role]]
    alerts: str | None = None
    pnl: str | None = None

    @property
    def alerts_channel(self) -> str:
        return self.alerts or self.desk_channel

    @property
    def pnl_channel(self) -> str:
        return self.pnl or self.desk_channel


class ChannelsSection(Strict):
    """Where the bot posts, by name or id."""

    desk: Channel = Field(description="cards")
    alerts: Channel | None = Field(default=None, description="alerts; else in the desk's")
    pnl: Channel | None = Field(default=None, description="the digest; else in the desk's")


class SlackSection(Strict):
    """The workspace that the bot is installed in."""

    team: str = Field(pattern=r"^[TE][A-Z0-9]{6,}$", description="the workspace's ID")
    channels: ChannelsSection
    groups: Mapping[str, frozenset[RoleName]] = Field(
        default_factory=dict, description="roles that members of a user group have too"
    )

    def workspace(self) -> Workspace:
        channels = self.channels
        return Workspace(self.team, channels.desk, self.groups, channels.alerts, channels.pnl)
