"""The section `people`: who they are, what each may do, how and when each is reached."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from core.oncall.contacts import Means
from core.people import Role
from store.escalation.fields import HoursSection, Strict, near


def _role(value: object) -> object:
    known = [role.value for role in Role]
    if isinstance(value, str) and value not in known:
        raise ValueError(f"{value!r} is no role; {near(value, known)}roles are {', '.join(known)}")
    return value


def _number(value: object) -> object:
    """YAML reads +15550100001 without quotes as a number, and the plus is gone."""
    if isinstance(value, int):
        raise ValueError(f'write the number in quotes, with its plus: "+{value}"')
    return value


RoleName = Annotated[Role, BeforeValidator(_role)]
Number = Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$"), BeforeValidator(_number)]


class Contacts(Strict):
    """How a person is reached beside Slack, the best means first as here."""

    push: str | None = Field(
        default=None, pattern=r"^[A-Za-z0-9_-]{1,64}$", description="an ntfy topic"
    )
    sms: Number | None = Field(default=None, description="a number with its plus, in quotes")
    voice: Number | None = Field(default=None, description="a number that is rung")
    email: str | None = Field(
        default=None, pattern=r"^[^@\s]+@[^@\s]+$", description="wakes nobody"
    )
    apprise: str | None = Field(
        default=None,
        pattern=r"^[A-Z][A-Z0-9_]{2,60}$",
        description="the variable that holds an Apprise URL; wakes nobody",
    )

    def by_means(self) -> dict[Means, str]:
        having = {
            Means.PUSH: self.push,
            Means.SMS: self.sms,
            Means.VOICE: self.voice,
            Means.EMAIL: self.email,
            Means.APPRISE: self.apprise,
        }
        return {by: to for by, to in having.items() if to is not None}


class PersonSection(Strict):
    """One person of the desk."""

    name: str = Field(min_length=1, max_length=80, pattern=r"\S", description="as shown")
    roles: frozenset[RoleName] = Field(
        min_length=1, description="of viewer, operator, approver, commander"
    )
    slack: str | None = Field(
        default=None,
        pattern=r"^[UW][A-Z0-9]{6,}$",
        description="member ID; nobody else is listened to",
    )
    contacts: Contacts = Contacts()
    quiet_hours: HoursSection | None = Field(
        default=None, description="warnings (level 1) wait for their end; pages come as ever"
    )

    def addresses(self) -> dict[Means, str]:
        """In Slack first: that has buttons."""
        account = {Means.DM: self.slack} if self.slack else {}
        return account | self.contacts.by_means()
