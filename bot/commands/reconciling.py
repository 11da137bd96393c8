"""Commands about what the exchange has and our books do not explain: look at it, accept it, cancel it."""

from collections.abc import Sequence

from bot.answer import REFUSED, Answer, Table
from bot.commands.facts import reconciliation_facts, request_facts
from bot.commands.lines import reconciled
from bot.commands.looking import each_desk
from bot.commands.outcomes import one_desk, ran_before, refusal
from bot.commands.registry import Context, command, wrong_usage
from bot.commands.shown import request_lines
from bot.words import age, clock, count, signed
from core.orders import ADOPTED
from core.people import Act
from core.reconcile import Discrepancy, What
from core.requests import RequestRefusal
from store import asking
from store.acceptance import Accepted, latest_accepted
from store.control import read_row
from store.foreign import ask_cancel
from store.lock import running_pid
from store.observations import read_reads
from store.orders import live_orders
from store.reconciliation import Open, Reconciliation, read_open, read_reconciliation
from store.transfers import latest_transfers, transferred_usd

SHOWN = 10
REASON_MAX = 300


@command(
    "reconcile",
    "what the exchange has and our books do not explain, and the money that was moved",
    examples=["reconcile", "reconcile --watch"],
    watch_s=2,
)
def reconcile(context: Context, _words: Sequence[str]) -> Answer:
    return each_desk(context, lambda desk: _shown(context, desk))


def _shown(context: Context, desk: str) -> Answer:
    store = context.store
    found = store.read(lambda c: read_reconciliation(c, desk))
    reads = store.read(lambda c: read_reads(c, desk))
    transfers = store.read(lambda c: latest_transfers(c, desk, SHOWN))
    moved_usd = store.read(lambda c: transferred_usd(c, desk))
    accepted = store.read(lambda c: latest_accepted(c, desk, SHOWN))
    failing = [f"{name} UNKNOWN: {read.error}" for name, read in reads.items() if read.failing]
    lines = [*failing, *_next_steps(context, found)]
    lines.append(f"Deposits less withdrawals since the books opened: {signed(moved_usd)}")
    tables = [_open_table(context, found)] if found and found.open else []
    if transfers:
        rows = [
            [clock(t.at), t.kind, signed(t.amount_usd), "no" if t.swept else "yes"]
            for t in transfers
        ]
        tables.append(Table("money moved last", ["time", "what", "amount", "counts"], rows))
    if accepted:
        tables.append(_accepted_table(accepted))
    facts = {
        "reconciliation": reconciliation_facts(found),
        "failing": failing,
        "transfers_usd": format(moved_usd, "f"),
        "transfers": [
            {"id": t.id, "kind": t.kind, "amount_usd": f"{t.amount_usd:f}", "at": t.at.isoformat()}
            for t in transfers
        ],
        "accepted": [{"id": a.discrepancy, "says": a.says, "by": a.actor} for a in accepted],
    }
    return Answer(f"{desk}: {reconciled(found, context.now)}", lines, tables, facts)


def _next_steps(context: Context, found: Reconciliation | None) -> list[str]:
    if found is None or not found.open:
        return []
    lines = [
        "Nothing here is ever traded away. Two people take it over: "
        f"{context.surface.proved('accept ID')}, or `accept all`; another person confirms."
    ]
    if any(one.discrepancy.what is What.ORDER for one in found.open):
        cancel = context.surface.says("cancel-order ID")
        lines.append(f"An order is cancelled on one voice: {cancel}")
    return lines


def _open_table(context: Context, found: Reconciliation) -> Table:
    head = ["id", "since", "what differs", "probably"]
    return Table("not explained", head, [_open_row(context, one) for one in found.open])


def _open_row(context: Context, one: Open) -> list[str]:
    found = one.discrepancy
    return [found.id, age(one.since, context.now), found.says, found.explanation]


def meant(found: Sequence[Open], word: str) -> list[Discrepancy]:
    """Those whose id is the word, or begins with it; "all" means all."""
    every = [one.discrepancy for one in found]
    if word == "all":
        return every
    exact = [one for one in every if word in (one.id, one.figures.get("order_id"))]
    return exact or [one for one in every if one.id.startswith(word)]


def _accepted_table(accepted: Sequence[Accepted]) -> Table:
    head = ["time", "what", "by", "contracts", "cash", "reason"]
    rows = [
        [clock(a.at), a.says, a.actor, f"{a.contracts:+d}", signed(a.cash_usd), a.reason]
        for a in accepted
    ]
    return Table("accepted last", head, rows)


@command(
    "cancel-order ID",
    "cancel an order that this desk did not place; one voice, it only reduces",
    Act.TIGHTEN,
    examples=["cancel-order order-7c0e2a"],
    check=one_desk("cancel-order"),
    announced=True,
)
def cancel_order(context: Context, words: Sequence[str]) -> Answer:
    several = one_desk("cancel-order")(context.store, context.desks, words)
    if several is not None:
        return several
    if len(words) != 1:
        return wrong_usage("cancel-order", "which order? `reconcile` lists those that are not ours")
    desk = context.desks[0]
    orders = {**_adopted(context, desk, words[0]), **_foreign(context, desk, words[0])}
    if len(orders) != 1:
        many = f"{len(orders)} orders begin so" if orders else "no such order is open"
        lines = ["`reconcile` lists them. Our own orders: `close`, `kill`.", "Nothing was changed."]
        return Answer(f"{desk}: {words[0]!r}: {many}", lines, code=REFUSED)
    ((order_id, says),) = orders.items()
    new = ask_cancel(context.store, desk, context.actor, order_id, context.id, context.now)
    lines = [says, f"asked by {context.actor}"]
    if running_pid(context.store.home.single("loop", desk)) is None:
        lines.append("NO TRADER RUNS: it is cancelled once one does. Or cancel it in the app.")
    mode = context.store.read(lambda c: read_row(c, desk)).mode
    lines.append(f"The desk stays {mode.name}. Follow it: {context.surface.watched('reconcile')}")
    title = f"{desk}: cancelling {order_id}" if new else f"{desk}: asked before, {order_id}"
    return Answer(title, lines, [], {"order_id": order_id, "new": new})


def _foreign(context: Context, desk: str, word: str) -> dict[str, str]:
    """Orders that are not ours, by the exchange's id, with what they are."""
    found = meant(context.store.read(lambda c: read_open(c, desk)), word)
    return {one.figures["order_id"]: one.says for one in found if one.what is What.ORDER}


def _adopted(context: Context, desk: str, word: str) -> dict[str, str]:
    """Orders that were not ours and were taken over."""
    return {
        order.order_id: f"{order.spec.side} {order.left} {order.spec.product_id}, adopted"
        for order in context.store.read(lambda c: live_orders(c, desk))
        if order.adopted and order.order_id and _named(word, order.order_id)
    }


def _named(word: str, order_id: str) -> bool:
    return word != "all" and any(
        name.startswith(word) for name in (order_id, f"order-{order_id}", f"{ADOPTED}{order_id}")
    )


@command(
    "accept ID|all [REASON…]",
    "take over what the exchange has; books nothing until another person confirms",
    Act.ASK,
    examples=["accept all the app's order was mine --as alice --code 123456"],
    proof=True,
    check=one_desk("accept"),
)
def accept(context: Context, words: Sequence[str]) -> Answer:
    several = one_desk("accept")(context.store, context.desks, words)
    if several is not None:
        return several
    if not words:
        return wrong_usage("accept", "which difference? `reconcile` lists them; `all` means all")
    desk = context.desks[0]
    before = ran_before(context, desk, context.id, None)
    if before is not None:
        return before
    found = meant(context.store.read(lambda c: read_open(c, desk)), words[0])
    if not found:
        lines = ["`reconcile` lists what is open.", "Nothing was changed."]
        return Answer(f"{desk}: no difference is called {words[0]!r}", lines, code=REFUSED)
    reason = " ".join(words[1:])[:REASON_MAX]
    answer = asking.ask_accept(
        context.store, desk, context.actor, found, reason, context.id, context.now
    )
    if isinstance(answer, RequestRefusal):
        return refusal("accept", answer, context.surface)
    lines = [
        "Nothing is booked until another person agrees; then the trader looks once more, and if "
        "one of these figures has changed, it books none.",
        *(f"{one.id}: {one.says}" for one in found),
        *request_lines(answer, context.now, context.surface),
    ]
    title = f"{desk}: asked to accept {count(len(found), 'difference')}"
    return Answer(title, lines, [], {"request": request_facts(answer)})
