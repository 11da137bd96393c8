"""The runbook's entries as steps: what to look at, what to do, and the command that does it."""

from dataclasses import dataclass

from core.alerting.rule import Entry


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; `command` is what is typed for it, without what commands begin with."""

    says: str
    command: str = ""


ENTRIES: dict[Entry, tuple[Step, ...]] = {
    Entry.LOSSES: (
        Step("see where it was lost", "pnl"),
        Step("see what was traded, and whether it was meant", "fills 30"),
        Step("trade smaller from now on, on your voice alone", "limit conservative"),
        Step("take no new risk", "reduce-only"),
        Step("at the limit the desk takes no entries until two people resume it", "resume"),
    ),
    Entry.AUTHENTICATION: (
        Step("see whether it is the key, the clock or the network", "health"),
        Step("compare the machine's time with the world's: timedatectl status"),
        Step("look at the key's permissions at the exchange: view and trade, never transfer"),
        Step("look for orders that this desk did not place", "reconcile"),
        Step("with both, refusals and foreign orders, take the key for stolen: hold", "kill"),
    ),
    Entry.NETWORK: (
        Step("see what cannot be reached, and since when", "health"),
        Step("look at the exchange's status page: https://status.coinbase.com"),
        Step("what is not read is unknown, not flat; entries wait by themselves", "status"),
        Step("look at positions on the exchange's own screen while ours are unknown"),
        Step("it goes on by itself; see that the books agree then", "reconcile"),
    ),
    Entry.STALE_DATA: (
        Step("see which market, how old its mark is, and what is held", "positions"),
        Step("see whether the streams or the reads by REST fail", "health"),
        Step("a session may be closed: then nothing is wrong, and closes wait for it", "status"),
        Step("a position that nobody can value is closed rather than kept", "close all"),
    ),
    Entry.REJECTIONS: (
        Step("see which orders, and the reason that the exchange gave", "orders 20"),
        Step("compare sizes and leverage with what is allowed", "limits"),
        Step("see margin and mode", "status"),
        Step(
            "five in a row stop entries by themselves; take none until you know why", "reduce-only"
        ),
    ),
    Entry.LEVERAGE: (
        Step("see what is held and how far liquidation is", "positions"),
        Step("make a position smaller: close one market", "close SYMBOL"),
        Step("allow less from now on", "limit conservative"),
        Step("or bring money into the account: a person does, the desk's key cannot"),
        Step("near liquidation the desk makes itself smaller, in steps", "status"),
    ),
    Entry.METRICS: (
        Step("see the figure beside its limit", "status"),
        Step("see every limit in force", "limits"),
        Step("see what the desk holds", "positions"),
        Step("allow less from now on", "limit conservative"),
    ),
    Entry.POSITIONS: (
        Step("see what is open, and which has no stop", "positions"),
        Step("see what the exchange has and our books do not explain", "reconcile"),
        Step("close everything: hold now, and a second person confirms", "kill"),
        Step("close everything on your voice alone; the mode stays", "close all"),
        Step("what cannot be closed here is closed on the exchange's own screen"),
    ),
    Entry.STATUS: (
        Step("see what runs, what is silent and what to start", "health"),
        Step("see mode, gate, positions and money", "status"),
        Step("see what happened last", "events 30"),
        Step("the logs lie in the home: logs/perps_bot.log and logs/errors.log"),
    ),
    Entry.CONTACTS: (
        Step("see who is on call, and from when", "oncall"),
        Step("put somebody else on duty for a while", "oncall override DUTY PERSON TIME"),
        Step("see who was told of what, by what means, and what came of it", "alerts"),
        Step("call the next one yourself; the numbers stand in escalation.yaml"),
        Step("try whether pages arrive", "drill"),
    ),
    Entry.OUTAGE: (
        Step("see that the clock is right and everything is reached", "health"),
        Step("see that no fill was missed", "fills 30"),
        Step("see that the exchange and our books agree", "reconcile"),
        Step("see what is held and protected", "positions"),
        Step("begin without entries", "reduce-only"),
        Step("then let two people resume", "resume"),
    ),
    Entry.EMERGENCY: (
        Step("hold, and ask a second person to close everything", "kill"),
        Step("work off the checklist, in its order", "alert checklist ID"),
        Step(
            "revoke keys after that, since closing needs one; a key that can transfer first of all"
        ),
        Step("write to the exchange's support: https://help.coinbase.com"),
        Step("put on record what you see", "note TEXT"),
        Step("draft the report: nobody deletes anything", "incident report"),
    ),
}
"""Every entry that a rule sends its reader to."""
