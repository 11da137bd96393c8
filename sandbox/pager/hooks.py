"""Where the app wants to be told: what its owner would type into the providers' consoles."""

from dataclasses import asdict, dataclass

from sandbox.loopback import BadInput
from sandbox.pager.page import Json
from sandbox.state import State


@dataclass(slots=True)
class Hooks:
    sms_url: str = ""
    """Twilio's number: what people reply is posted there."""
    pagerduty_url: str = ""
    """A webhook subscription for the service."""

    def change(self, told: Json) -> None:
        """Raises BadInput."""
        names = set(asdict(self))
        for name, url in told.items():
            if name not in names or not isinstance(url, str):
                raise BadInput(
                    f"{name!r} is no address to set; there are {', '.join(sorted(names))}"
                )
            if url and not url.startswith(("http://", "https://")):
                raise BadInput(f"{name} {url!r} must begin with http:// or https://")
        for name, url in told.items():
            setattr(self, name, url)

    def view(self) -> Json:
        return asdict(self)


def load_hooks(state: State) -> Hooks:
    return Hooks(**(state.get("memory", "hooks") or {}))
