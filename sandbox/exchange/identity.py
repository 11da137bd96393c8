"""Who owns the account: ids that are made on the first start of a home."""

import uuid
from dataclasses import asdict, dataclass

from sandbox.exchange.state import State


@dataclass(frozen=True, slots=True)
class Identity:
    user_id: str
    portfolio_id: str
    spot_account_id: str
    futures_account_id: str
    created: str


def load_identity(state: State, created: str) -> Identity:
    memory = state.get("identity")
    if memory is not None:
        return Identity(**memory)
    user, portfolio, spot, futures = (str(uuid.uuid4()) for _ in range(4))
    identity = Identity(user, portfolio, spot, futures, created)
    state.put("identity", asdict(identity))
    return identity
