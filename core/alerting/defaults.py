"""What each level does unless escalation.yaml says otherwise."""

from core.alerting.levels import Level
from core.alerting.policy import (
    PAGE,
    LevelPolicy,
    Need,
    Opening,
    Policy,
    Step,
    Tell,
    Tightening,
    Who,
    followed_by,
)
from core.oncall.contacts import Means

HOUR_S = 3600
IN_CHANNEL = Tell(Who.CHANNEL, (Means.CHANNEL,))
PAGE_EVERYONE = (IN_CHANNEL, Tell(Who.EVERYONE, PAGE))

CRITICAL_STEPS = (
    Step(0, (IN_CHANNEL, Tell(Who.SERVICES, (Means.PAGERDUTY,)), Tell(Who.PRIMARY, PAGE))),
    Step(120, (Tell(Who.BACKUP, PAGE),)),
    Step(300, (Tell(Who.TEAM_LEAD, PAGE),)),
)

WARNING = LevelPolicy(
    steps=(Step(0, (IN_CHANNEL,)),),
    need=Need.NOBODY,
    fallback=(IN_CHANNEL, Tell(Who.PRIMARY, (Means.DM,))),
    group_wait_s=30,
    snooze_max_s=8 * HOUR_S,
)

INTERVENTION = LevelPolicy(
    steps=followed_by(
        (Step(0, (IN_CHANNEL, Tell(Who.PRIMARY, (Means.DM,)))),), 900, CRITICAL_STEPS
    ),
    need=Need.ONE,
    fallback=PAGE_EVERYONE,
    fallback_every_s=900,
    group_wait_s=5,
    hold_s=4 * HOUR_S,
    grace_s=300,
    snooze_max_s=4 * HOUR_S,
    clear_after_s=120,
)

CRITICAL = LevelPolicy(
    steps=CRITICAL_STEPS,
    need=Need.ONE,
    fallback=PAGE_EVERYONE,
    repeats=3,
    hold_s=HOUR_S // 2,
    snooze_max_s=HOUR_S // 2,
    clear_after_s=120,
)

EMERGENCY = LevelPolicy(
    steps=(Step(0, (*PAGE_EVERYONE, Tell(Who.SERVICES, (Means.PAGERDUTY,)))),),
    need=Need.ALL,
    fallback=PAGE_EVERYONE,
    fallback_every_s=60,
    repeat_every_s=60,
    repeats=None,
    hold_s=900,
    grace_s=60,
    clear_after_s=120,
    cleared_every_s=300,
    tightens=Tightening.HOLD,
    opens=(Opening.KILL_CARD, Opening.CHECKLIST, Opening.INCIDENT),
)

DEFAULT = Policy(
    {
        Level.WARNING: WARNING,
        Level.INTERVENTION: INTERVENTION,
        Level.CRITICAL: CRITICAL,
        Level.EMERGENCY: EMERGENCY,
    }
)
