"""What a tool answers: lines for people, facts for machines, and an exit code."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

WELL, WRONG, NOT_UNDERSTOOD = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Told:
    """`facts` say the same as the lines: JSON values, times as RFC 3339 in UTC."""

    lines: Sequence[str]
    facts: Mapping[str, Any] = field(default_factory=dict)
    code: int = WELL

    def text(self, *, as_json: bool) -> str:
        if as_json:
            return json.dumps({**self.facts, "code": self.code}, ensure_ascii=False, indent=2)
        return "\n".join(self.lines)


def minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
