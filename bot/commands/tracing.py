"""One order looked into: its whole way with times, and why one was refused."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from bot.answer import FAILED, Answer, Table
from bot.commands.facts import jsonable, order_facts
from bot.commands.looking import each_desk
from bot.commands.order_preview import previewed, wish_of
from bot.commands.registry import Context, command, wrong_usage
from bot.words import age, clock
from core.order_trace import Refusal, Trace, gate_decision, refusal, steps
from store.trace import latest_refused, read_trace

REFUSED_SHOWN = 10


@command(
    "order [trace ID|explain ID|preview SYMBOL buy|sell CONTRACTS [PRICE]]",
    "one order's way with times; which check refused it, or would; alone: what was refused last",
    examples=["order trace 4f1c", "order explain 4f1c", "order preview BTC buy 2", "order"],
)
def order(context: Context, words: Sequence[str]) -> Answer:
    if not words:
        return each_desk(context, lambda desk: _refused_last(context, desk))
    verb, *rest = words
    if verb == "preview":
        wish = wish_of(rest)
        if isinstance(wish, Answer):
            return wish
        return each_desk(context, lambda desk: previewed(context, desk, wish))
    if verb not in ("trace", "explain") or len(rest) != 1:
        return wrong_usage(
            "order", f"{' '.join(words)!r} is not `trace ID`, `explain ID` or `preview …`"
        )

    def show(desk: str) -> Answer:
        found = context.store.read(lambda c: read_trace(c, desk, rest[0]))
        if found is None:
            lines = ["`orders` and `order` list ids: ours, and the exchange's."]
            return Answer(f"{desk}: nothing is on record of order {rest[0]}", lines, code=FAILED)
        return _traced(desk, found) if verb == "trace" else _explained(desk, found, context.now)

    return each_desk(context, show)


def _traced(desk: str, found: Trace) -> Answer:
    way = steps(found)
    begun = way[0].at
    rows = [
        [
            f"{step.at:%Y-%m-%d %H:%M:%S.%f} UTC",
            f"+{(step.at - begun).total_seconds():,.3f} s",
            step.what,
            step.says,
        ]
        for step in way
    ]
    table = Table("way", ["time", "since", "what", "how"], rows)
    facts = {
        "order": order_facts(found.order) if found.order else None,
        "gate": gate_decision(found),
        "steps": [jsonable(asdict(step)) for step in way],
    }
    title = f"{desk}: order {found.client_order_id} is {_state(found)}"
    return Answer(title, [f"gate: {gate_decision(found)}"], [table], facts)


def _state(found: Trace) -> str:
    if found.order is None:
        return "no intent: it never got that far"
    return f"{found.order.state}, {found.order.filled} of {found.order.spec.contracts} filled"


def _explained(desk: str, found: Trace, now: datetime) -> Answer:
    refused = refusal(found)
    facts = {"refusal": jsonable(asdict(refused)) if refused else None, "state": _state(found)}
    name = f"{desk}: order {found.client_order_id}"
    if refused is None:
        detail = found.order.detail if found.order else ""
        lines = [f"the exchange or the trader says: {detail}"] if detail else []
        return Answer(f"{name} was not refused by this desk: {_state(found)}", lines, [], facts)
    lines = [
        f"{refused.check}: {refused.means}",
        *([refused.detail] if refused.detail else []),
        f"refused at {_when(refused, now)}; nothing of it was written to the wire",
    ]
    return Answer(f"{name} was refused by {refused.who}", lines, [], facts)


def _when(refused: Refusal, now: datetime) -> str:
    return f"{refused.at:%Y-%m-%d} {clock(refused.at)} ({age(refused.at, now)})"


def _refused_last(context: Context, desk: str) -> Answer:
    found = context.store.read(lambda c: latest_refused(c, desk, REFUSED_SHOWN))
    rows = [
        [
            f"{event.at:%Y-%m-%d} {clock(event.at)}",
            str(event.body.get("client_order_id", "")),
            str(event.body.get("product", "")),
            str(event.body.get("refused", "")),
            str(event.body.get("detail") or event.body.get("why") or ""),
        ]
        for event in found
    ]
    head = ["time", "order", "product", "check", "why"]
    tables = [Table("refused last", head, rows)] if rows else []
    lines = [] if rows else ["No order was refused."]
    facts = {"refused": [jsonable(asdict(event)) for event in found]}
    return Answer(f"{desk}: orders refused last", lines, tables, facts)
