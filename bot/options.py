"""What was typed after `perps-bot`, understood once and then only read."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The verb with its words, and every option that may stand anywhere around them."""

    verb: str | None = None
    words: tuple[str, ...] = ()
    home: Path | None = None
    desk: str | None = None
    json: bool = False
    watch_s: float | None = None
    """None: once. Zero: as often as suits the command."""
    person: str | None = None
    code: str | None = None
    id: str | None = None
    profile: str | None = None
    dry_run: bool = False
    run_once: bool = False
    reduce_only: bool = False
    kill_switch: bool = False
    keep_positions: bool = False
    shutdown: bool = False
    timeout_s: float = 60.0
    port_base: int = 8970
    no_browser: bool = False

    @property
    def tightens(self) -> bool:
        """Whether this must work even where nothing else does."""
        if self.verb is None or self.kill_switch:
            return self.kill_switch or self.reduce_only
        return self.verb in ("kill", "reduce-only")

    @property
    def runs_trader(self) -> bool:
        asked_for_more = self.verb is not None or self.kill_switch or self.shutdown
        return not asked_for_more and (self.profile is not None or self.reduce_only)

    @property
    def said(self) -> str:
        """All words as one reason: after --kill-switch there is no verb."""
        return " ".join([self.verb or "", *self.words]).strip()
