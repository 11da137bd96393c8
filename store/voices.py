"""Whose word it is and whether it counts, before anything is decided."""

from core.people import Act, Actor


class NotAllowed(Exception):
    """The person's roles do not allow this; the message says which would."""


def readable(reason: str) -> str:
    """A reason as it can be kept: what a broken terminal sends must not keep a brake from working."""
    return reason.encode("utf-8", "replace").decode("utf-8")


def require(actor: Actor, act: Act) -> None:
    if actor.person is not None and not actor.person.may(act):
        raise NotAllowed(f"{actor.voice} may not {act}; roles: {_roles(actor)}")


def _roles(actor: Actor) -> str:
    return ", ".join(sorted(actor.person.roles)) if actor.person else "none"
