"""What a command answers: plain data. The terminal and Slack each show it in their own way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

OK, FAILED, USAGE, REFUSED = 0, 1, 2, 3
"""Exit codes: done; tried and failed; not understood, nothing changed; refused, nothing changed."""


@dataclass(frozen=True, slots=True)
class Table:
    """A small table of texts."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """`facts` is the same in a form for machines: JSON values, decimals as text, times as RFC 3339."""

    title: str
    lines: Sequence[str] = ()
    tables: Sequence[Table] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    code: int = OK
    files: Sequence[Path] = ()
    """What was written: shown beside the answer where files can be shown."""
    looked: bool = False
    """Whether a command that can change something was only asked to show it: nobody else is told."""
