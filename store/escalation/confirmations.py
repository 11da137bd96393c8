"""The section `confirmations`: where a kill does not wait for its second person."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from core.approval import Confirmations
from core.modes import Rule
from store.escalation.fields import Strict, near


def _rule(value: object) -> object:
    known = [rule.value for rule in Rule]
    if isinstance(value, str) and value not in known:
        raise ValueError(f"{value!r} is no rule; {near(value, known)}rules are {', '.join(known)}")
    return value


class KillSection(Strict):
    """What becomes of a kill that nobody has confirmed, and which machine rules confirm one."""

    on_timeout: Literal["hold", "flatten"] = Field(
        default="hold", description="what becomes of a kill that nobody confirms: hold or flatten"
    )
    second_voice: frozenset[Annotated[Rule, BeforeValidator(_rule)]] = Field(
        default_factory=frozenset, description="machine rules that confirm a kill"
    )


class ConfirmationsSection(Strict):
    """For each action whose confirmation can be changed."""

    kill: KillSection = KillSection()

    def value(self) -> Confirmations:
        """As the rules know it."""
        rules = frozenset(rule.value for rule in self.kill.second_voice)
        return Confirmations(self.kill.on_timeout == "flatten", rules)
