"""Holds the loop to the limits that are approved: begins with the profile's, then follows the store."""

from datetime import datetime

from core.limits import Limits
from store.limit_changes import limits_in_force
from store.limit_requests import follow_profile
from store.limits import write_limits
from store.store import Transaction
from trader.desk import Desk


class FollowLimits:
    """What people lower or raise is in force from the next pass on. Every intent reads it once more."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._begun = False

    def tick(self, now: datetime) -> None:
        desk, profile = self._desk, self._desk.profile
        if not self._begun:
            log = desk.store.log
            desk.write(lambda tx: follow_profile(tx, log, desk.name, profile.limits, now))
            self._begun = True
        limits = desk.read(lambda c: limits_in_force(c, desk.name, profile.limits))
        if limits != desk.followed.limits:
            desk.followed.limits = limits
            desk.write(lambda tx: self._tell(tx, limits, now))

    def _tell(self, tx: Transaction, limits: Limits, now: datetime) -> None:
        """For whoever asks what the trader may do."""
        write_limits(tx, self._desk.name, self._desk.profile.name, limits.rows(), now)
