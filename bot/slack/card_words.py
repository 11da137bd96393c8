"""What a request's card says: the title, what it means, how far it is, and what is open. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bot.commands.shown import at_mark, contracts_of, side_of, stops_of
from bot.picture import Held, Picture
from bot.slack.mrkdwn import bold, code, escape, group_mention, mention, moment
from bot.slack.record_words import WORDINGS, record_lines, record_title
from bot.words import age, count, money, plain, signed
from core.flatten import Closed, Job, LegState
from core.people import Act, Person
from core.requests import OVERTAKEN, TRANSITIONS, Action, Request, RequestState

APPROVERS_NAMED = 8
POSITIONS_NAMED = 12
PRICE = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything a card shows. `people` are those of escalation.yaml."""

    request: Request
    picture: Picture
    job: Job | None
    closed: Sequence[Closed]
    cancelled: int
    people: Sequence[Person]
    trader_runs: bool
    command: str
    groups: Sequence[str] = ()
    """User groups whose members may confirm, by handle or id."""

    @property
    def over(self) -> bool:
        """Nothing about it will change any more."""
        return not TRANSITIONS[self.request.state]

    @property
    def urgent(self) -> str:
        """What must be seen at once when it changes; figures that only move are not part of it."""
        legs = [f"{leg.product_id}:{leg.state}" for leg in self.job.legs] if self.job else []
        mode = self.picture.row.mode.name
        held = [
            f"{h.position.product_id}:{h.contracts}:{h.covered}" for h in self.picture.positions
        ]
        known = str(self.picture.unknown is None)
        return "|".join([self.request.state, mode, known, *legs, *held])


def title(seen: Seen) -> str:
    request, mode = seen.request, seen.picture.row.mode.name
    ends = (RequestState.ASKED, RequestState.EXECUTED)
    if request.action in WORDINGS and request.state in ends:
        return f"{mode}, {record_title(request)}"
    asked = {
        Action.KILL: f"{mode}, kill asked by {request.requester}",
        Action.REDUCE_ONLY: f"{mode}, set by {request.requester}",
        Action.RESUME: f"{mode}, {request.requester} asks to resume",
        Action.ACCEPT: f"{mode}, {request.requester} asks to accept {_differences(request)}",
    }
    done = {
        Action.KILL: "KILLED, flat and verified",
        Action.REDUCE_ONLY: f"{mode}, confirmed",
        Action.RESUME: f"resumed, {mode} now",
        Action.ACCEPT: f"{mode}, {_differences(request)} accepted",
    }
    going = {
        Action.KILL: "KILLED, closing everything",
        Action.REDUCE_ONLY: f"{mode}, confirmed",
        Action.RESUME: "resume agreed, checking first",
        Action.LIMITS: "higher limits agreed, checking first",
        Action.ACCEPT: "agreed, looking once more",
    }
    return {
        RequestState.ASKED: asked.get(request.action, mode),
        RequestState.CONFIRMED: going.get(request.action, mode),
        RequestState.EXECUTED: done.get(request.action, mode),
        RequestState.FAILED: _failed(seen),
        RequestState.EXPIRED: f"{mode}, {_unconfirmed(seen)}",
        RequestState.OBJECTED: f"{mode}, {request.action} objected to by {request.decided_by}",
    }[request.state]


def _unconfirmed(seen: Seen) -> str:
    if overtaken(seen):
        return "the kill was overtaken by one on one voice"
    return f"nobody confirmed the {seen.request.action}"


def overtaken(seen: Seen) -> bool:
    """A kill that waited for its second person, while somebody killed the desk without one."""
    return seen.request.outcome == OVERTAKEN


def _failed(seen: Seen) -> str:
    if seen.request.action is Action.KILL:
        return "KILLED, but NOT FLAT"
    did = "ACCEPTED" if seen.request.action is Action.ACCEPT else "RESUMED"
    return f"{seen.picture.row.mode.name}, NOT {did}"


def _differences(request: Request) -> str:
    return count(len(request.body.get("says", ())), "difference")


def what(seen: Seen) -> list[str]:
    """What this state means for the desk, in words."""
    words = {
        Action.KILL: _kill,
        Action.REDUCE_ONLY: _reduce_only,
        Action.RESUME: _resume,
        Action.ACCEPT: _accept,
    }
    if seen.request.action in WORDINGS:
        return [*record_lines(seen.request, seen.command), *_as_of(seen)]
    return [*words[seen.request.action](seen), *_as_of(seen)]


def _as_of(seen: Seen) -> list[str]:
    """When the figures were taken that the second person agrees to."""
    request = seen.request
    if request.state is not RequestState.ASKED or not request.seen:
        return []
    at = moment(datetime.fromisoformat(request.seen["at"]), "{time_secs}")
    return [
        f"Whoever confirms agrees to the desk as of {at}; if it has changed since, it asks again."
    ]


def _kill(seen: Seen) -> list[str]:
    request, mode = seen.request, seen.picture.row.mode.name
    match request.state:
        case RequestState.ASKED:
            return [f"*Nothing new leaves.* {_working(seen)}", _if_confirmed(seen)]
        case RequestState.CONFIRMED:
            return [
                f"{_names(request)}. *Everything is being cancelled and closed.*",
                *_alone(seen),
            ]
        case RequestState.EXECUTED:
            return [f"{_names(request)}. *Nothing is left open.*"]
        case RequestState.FAILED:
            return [f"{_names(request)}.", bold(request.outcome)]
    if overtaken(seen):
        return [f"{_names(request)}. {escape(request.outcome)}"]
    again, on = code(f"{seen.command} kill"), code(f"{seen.command} resume")
    return [f"*The desk stays {mode}.* {again} asks again; {on} asks to trade on."]


def _reduce_only(seen: Seen) -> list[str]:
    if seen.request.state is not RequestState.ASKED:
        return [f"{_names(seen.request)}. It does not lapse; two people resume it."]
    return [
        f"*No entries from now on.* {_working(seen)}",
        "It does not lapse: a second person's word only makes it the standing state.",
    ]


def _resume(seen: Seen) -> list[str]:
    request = seen.request
    match request.state:
        case RequestState.ASKED:
            return [
                "*Nothing changes until another person agrees.* The desk stays "
                f"{seen.picture.row.mode.name}; then preflight and a clean look at the exchange must pass.",
                *_latches(seen),
            ]
        case RequestState.CONFIRMED:
            return [
                f"{_names(request)}. *The trader runs preflight and reconciles.*",
                *_alone(seen),
            ]
    return [f"{_names(request)}. {escape(request.outcome)}".rstrip()]


def _accept(seen: Seen) -> list[str]:
    request = seen.request
    found = [f"• {escape(says)} ({code(id)})" for id, says in request.body["says"].items()]
    match request.state:
        case RequestState.ASKED:
            return [
                "*Nothing is booked until another person agrees*, and nothing is traded either way.",
                *found[:POSITIONS_NAMED],
            ]
        case RequestState.CONFIRMED:
            return [f"{_names(request)}. *The trader looks once more, then books.*", *_alone(seen)]
    return [f"{_names(request)}. {escape(request.outcome)}".rstrip()]


def _working(seen: Seen) -> str:
    if not seen.trader_runs:
        return _alone(seen)[0]
    return "Entries are being cancelled, protective stops stay."


def _alone(seen: Seen) -> list[str]:
    if seen.trader_runs:
        return []
    return [
        "*NO TRADER RUNS: nobody cancels or closes anything.* Start it on its machine: "
        f"{code('perps-bot --profile PROFILE')}"
    ]


def _if_confirmed(seen: Seen) -> str:
    held = seen.picture.positions
    if not held and not seen.picture.unknown:
        return "If a second person confirms: the desk is KILLED and whatever is left is cancelled."
    return "If a second person confirms: everything is cancelled and *every position is closed*."


def _latches(seen: Seen) -> list[str]:
    return [
        f"It would also release {bold(c.rule.value)}: {escape(c.reason)}"
        for c in seen.picture.constraints
        if c.latches
    ]


def _names(request: Request) -> str:
    said = f"Asked by {bold(request.requester)}"
    if request.decided_by is None or request.decided_at is None:
        return said
    did = "confirmed" if request.state is not RequestState.OBJECTED else "objected to"
    return f"{said}, {did} by {bold(request.decided_by)} at {moment(request.decided_at)}"


def reason(request: Request) -> list[str]:
    return [f"> {escape(request.reason.replace(chr(10), ' '))}"] if request.reason else []


def progress(seen: Seen) -> list[str]:
    """Leg by leg while a flatten runs, and afterwards at which price what was closed."""
    if seen.job is None:
        return []
    lines = leg_lines(seen.job, seen.closed)
    return [*lines, f"{count(seen.cancelled, 'order')} cancelled."] if seen.cancelled else lines


def leg_lines(job: Job, closed: Sequence[Closed]) -> list[str]:
    """One line for each position of a flatten."""
    lines = []
    for leg in job.legs:
        sign = {LegState.FLAT: "✅", LegState.RESIDUAL: "🔴"}.get(leg.state, "⏳")
        said = "LEFT OPEN" if leg.state is LegState.RESIDUAL else leg.state.value
        prices = "; ".join(_closed(c) for c in closed if c.product_id == leg.product_id)
        detail = " · ".join(filter(None, [prices, escape(leg.detail)]))
        lines.append(f"{sign} {bold(leg.product_id)} {said}{': ' if detail else ''}{detail}")
    return lines


def _closed(closed: Closed) -> str:
    price = plain(closed.average_price.quantize(PRICE))
    did = "bought" if closed.side.sign > 0 else "sold"
    says = f"{did} {closed.contracts:,} at {price}, fees {money(closed.fee_usd)}"
    if closed.slippage_usd is None:
        return says
    return f"{says}, slippage {money(closed.slippage_usd)}"


def still_open(seen: Seen) -> list[str]:
    """Positions in words: that they are STILL OPEN, what they are worth, which have no stop."""
    picture = seen.picture
    quiet = seen.request.action is Action.REDUCE_ONLY or (
        seen.request.action in WORDINGS and not seen.request.seen
    )
    if quiet or flat(seen):
        return []
    if picture.unknown:
        lines = [f"*POSITIONS ARE UNKNOWN:* {escape(picture.unknown)}. As last seen:"]
        if not picture.positions:
            return [*lines, "none, which does not say that there are none now"]
    elif not picture.positions:
        return ["No positions are open."]
    else:
        said = ", ".join(filter(None, ["STILL OPEN", worth(picture)]))
        lines = [f"*{count(len(picture.positions), 'position')} {said}:*"]
    lines += [_position(held, picture.now) for held in picture.positions[:POSITIONS_NAMED]]
    if len(picture.positions) > POSITIONS_NAMED:
        lines.append(f"… and {len(picture.positions) - POSITIONS_NAMED} more")
    return lines


def worth(picture: Picture) -> str:
    """What they are worth together; nothing where a mark is missing or old."""
    known = None if picture.worth_unknown else picture.gross_usd
    return "" if known is None else f"worth {money(known)}"


def flat(seen: Seen) -> bool:
    """A verified flatten has said all there is to say about positions."""
    return seen.request.state is RequestState.EXECUTED and seen.request.action is Action.KILL


def _position(held: Held, now: datetime) -> str:
    size = ""
    if held.product is not None:
        base = plain(held.product.base_size(abs(held.contracts)))
        size = f" ({base} {escape(held.product.underlying)})"
    mark = f"{plain(held.mark.price)} ({age(held.mark.at, now)})" if held.mark else "UNKNOWN"
    stops = escape(stops_of(held))
    return (
        f"• {bold(held.position.product_id)} {side_of(held.contracts)} {contracts_of(held)}{size}, "
        f"mark {mark}, worth {at_mark(held.notional_usd, money, held)}, unrealised "
        f"{at_mark(held.unrealised_usd, signed, held)}, stops: "
        + (stops if held.protected else f"*{stops}*")
    )


def who(seen: Seen) -> list[str]:
    """Who may confirm, by name, so that they are told; nobody confirms their own request."""
    request = seen.request
    if request.state is not RequestState.ASKED:
        return []
    able = [p for p in seen.people if p.may(Act.CONFIRM) and p.name != request.requester]
    reached = [mention(p.slack) for p in able if p.slack][:APPROVERS_NAMED]
    until = f"until {moment(request.expires_at)}"
    reached += [group_mention(group) for group in seen.groups]
    if not reached:
        return [f"*Nobody in Slack is named who may confirm* ({until}); the terminal can."]
    return [f"Waiting for a second person {until}: {' '.join(reached)}"]
