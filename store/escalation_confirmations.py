"""The section `confirmations` of escalation.yaml: where a kill does not wait for its second person."""

import difflib
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.approval import Confirmations
from core.modes import Rule


def _rule(value: object) -> object:
    known = [rule.value for rule in Rule]
    if isinstance(value, str) and value not in known:
        near = difflib.get_close_matches(value, known, 1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ValueError(f"{value!r} is no rule; {hint}rules are {', '.join(known)}")
    return value


class KillSection(BaseModel):
    """What becomes of a kill that nobody has confirmed, and which machine rules confirm one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    on_timeout: Literal["hold", "flatten"] = "hold"
    second_voice: frozenset[Annotated[Rule, BeforeValidator(_rule)]] = Field(
        default_factory=frozenset
    )


class ConfirmationsSection(BaseModel):
    """For each action whose confirmation can be changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kill: KillSection = KillSection()

    def value(self) -> Confirmations:
        """As the rules know it."""
        rules = frozenset(rule.value for rule in self.kill.second_voice)
        return Confirmations(self.kill.on_timeout == "flatten", rules)
