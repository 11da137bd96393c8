"""The parts of the documents that are drawn from the code's own tables. Run it to write them anew."""

import re
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from functools import partial
from pathlib import Path

from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from bot.commands.registry import markdown_table
from bot.front import FAMILIES
from bot.slack.settings import SlackSettings
from core import flatten, orders, requests
from core.alerting.loosening import LOOSENS
from core.gate import FORBIDDEN, GateRefusal
from core.modes import CONSTRAINTS, Mode
from core.orders import Kind
from core.risk import LANES, RiskRefusal
from tests.docs.escalation_keys import keys
from trader.settings import Settings

assert FAMILIES, "importing the front registers every command"

ROOT = Path(__file__).parents[2]


def modes() -> str:
    rows = [["mode", *Kind, "meaning"]]
    for mode in Mode:
        allowed = ["no" if kind in FORBIDDEN[mode] else "yes" for kind in Kind]
        rows.append([mode.name, *allowed, mode.meaning])
    return _table(rows)


def constraints() -> str:
    rows = [["rule", "constrains to", "ends", "because"]]
    rows += [
        [f"`{name}`", rule.mode.name, rule.release.value, rule.says]
        for name, rule in CONSTRAINTS.items()
    ]
    return _table(rows)


def lives() -> str:
    tables: dict[str, Mapping[Enum, Iterable[Enum]]] = {
        "An order": orders.TRANSITIONS,  # type: ignore[dict-item]
        "A request": requests.TRANSITIONS,  # type: ignore[dict-item]
        "A flatten": flatten.JOB_TRANSITIONS,  # type: ignore[dict-item]
        "A leg of it": flatten.LEG_TRANSITIONS,  # type: ignore[dict-item]
    }
    return "\n\n".join(f"**{title}**\n\n{_life(table)}" for title, table in tables.items())


def refusals() -> str:
    rows = [["refusal", "lanes", "says"]]
    gate = [[f"`{refusal.name}`", "gate", refusal.value] for refusal in GateRefusal]
    risk = [[f"`{r.name}`", _lanes(r), r.value] for r in RiskRefusal]
    return _table([*rows, *risk, *gate])


def _lanes(refusal: RiskRefusal) -> str:
    """Which lanes can give this refusal, read from the checks' own code."""
    found = [
        kind.value
        for kind, checks in LANES.items()
        if any(_can_give(check, refusal) for check in checks)
    ]
    return ", ".join(found)


def _can_give(check: Callable[..., object], refusal: RiskRefusal) -> bool:
    names = set(check.__code__.co_names)
    if "_outside" in names:
        names.add("PRICE_COLLAR")
    return refusal.name in names


def _life(table: Mapping[Enum, Iterable[Enum]]) -> str:
    rows = [["from", "to"]]
    for state, ways in table.items():
        to = ", ".join(sorted(str(way.value) for way in ways)) or "(its end)"
        rows.append([str(state.value), to])
    return _table(rows)


def _table(rows: list[list[str]]) -> str:
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def commands() -> str:
    return markdown_table()


def settings() -> str:
    return _variables(Settings)


def slack_settings() -> str:
    return _variables(SlackSettings)


def escalation_keys() -> str:
    rows = [["key", "meaning", "left out"]]
    rows += [[f"`{one.path}`", one.says, one.left_out] for one in keys()]
    return _table(rows)


def loosening() -> str:
    return _table([["what", "is looser when"], *([what, when] for what, when in LOOSENS)])


def _variables(of: type[BaseSettings]) -> str:
    rows = [["variable", "default", "meaning"]]
    for field in of.model_fields.values():
        default = "" if field.default in (None, PydanticUndefined) else field.default
        shown = int(default) if isinstance(default, bool) else default
        rows.append([f"`{field.alias}`", str(shown), str(field.description)])
    return _table(rows)


PARTS: dict[str, dict[str, Callable[[], str]]] = {
    "ARCHITECTURE.md": {
        "modes": modes,
        "constraints": constraints,
        "lives": lives,
        "refusals": refusals,
    },
    "README.md": {
        "commands": commands,
        "settings": settings,
        "slack-settings": slack_settings,
        "escalation-keys": escalation_keys,
        "loosening": loosening,
    },
}


def drawn(document: str) -> str:
    """The document with every generated part as the code has it now."""
    text = (ROOT / document).read_text()
    for name, draw in PARTS[document].items():
        pattern = re.compile(rf"(<!-- generated: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
        assert pattern.search(text), f"{document} has no part {name}"
        text = pattern.sub(partial(_put, draw()), text)
    return text


def _put(drawn_part: str, found: "re.Match[str]") -> str:
    return f"{found[1]}{drawn_part}\n{found[2]}"


if __name__ == "__main__":
    for document in PARTS:
        (ROOT / document).write_text(drawn(document))
