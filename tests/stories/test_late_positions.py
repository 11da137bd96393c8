"""An exchange whose positions are listed later than its fills: closed once, and not again and again."""

from core.flatten import JobState
from core.orders import Kind
from tests.stories.world import World

POSITIONS = {"method": "GET", "path": "/api/v3/brokerage/cfm/positions"}


def test_a_position_that_is_listed_late_is_not_closed_twice(world: World) -> None:
    world.until(lambda: bool(world.positions()), within_s=120)
    request = world.kill()
    world.pass_time(2)
    before = world.positions()
    world.exchange.fault("frozen", match=POSITIONS, count=8)

    world.confirm(request)
    world.until(lambda: not world.job().open, within_s=60)

    assert world.job().state is JobState.FLAT_VERIFIED
    assert world.positions_there() == {}
    closes = [order for order in world.orders() if order.spec.kind is Kind.FLATTEN]
    closed = {order.spec.product_id: order.spec.side.sign * order.filled for order in closes}
    assert len(closes) == len(closed), "one close for each position"
    assert closed == {product_id: -contracts for product_id, contracts in before.items()}
