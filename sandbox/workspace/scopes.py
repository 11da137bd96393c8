"""Which scopes the bot's token has now; control can take some away."""

from sandbox.loopback import BadInput

GRANTED = (
    "app_mentions:read",
    "bookmarks:read",
    "bookmarks:write",
    "channels:history",
    "channels:join",
    "channels:manage",
    "channels:read",
    "chat:write",
    "chat:write.customize",
    "chat:write.public",
    "commands",
    "dnd:read",
    "emoji:read",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "groups:write",
    "im:history",
    "im:read",
    "im:write",
    "pins:read",
    "pins:write",
    "reactions:read",
    "reactions:write",
    "team:read",
    "usergroups:read",
    "usergroups:write",
    "users:read",
    "users:read.email",
)


class Scopes:
    """Of one token; a call needs one of the scopes that its method names."""

    def __init__(self) -> None:
        self.granted: tuple[str, ...] = GRANTED

    def has(self, scope: str) -> bool:
        return scope in self.granted

    def allow(self, wanted: tuple[str, ...]) -> bool:
        return not wanted or any(scope in self.granted for scope in wanted)

    def restore(self) -> None:
        self.granted = GRANTED

    def remove(self, names: list[str]) -> None:
        """Raises BadInput."""
        self._check(names)
        self.granted = tuple(scope for scope in self.granted if scope not in names)

    def only(self, names: list[str]) -> None:
        """Raises BadInput."""
        self._check(names)
        self.granted = tuple(scope for scope in GRANTED if scope in names)

    def _check(self, names: list[str]) -> None:
        unknown = sorted(set(names) - set(GRANTED))
        if unknown:
            raise BadInput(f"no scope {unknown[0]!r}; the app has {', '.join(GRANTED)}")
