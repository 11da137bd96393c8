"""The trading process's composition root: `run` is the guard, `loop` its child, the others look."""

import argparse
import os
import sys
from pathlib import Path

from pydantic import ValidationError

from store.home import HomeRefused
from store.lock import AlreadyRunning
from store.monitor.server import PortTaken
from store.sqlite import UnsafeSQLite
from trader.coinbase.signing import KeyUnusable
from trader.profiles import PROFILES, Profile, tightened
from trader.settings import Settings, SettingsContradict, check, for_profile

EXPECTED = (HomeRefused, UnsafeSQLite, KeyUnusable, SettingsContradict, AlreadyRunning, PortTaken)


def main(argv: list[str] | None = None) -> int:
    """Parse, check what can be checked, run. 0 done, 1 failed, 2 refused to start."""
    options = _parser().parse_args(argv)
    try:
        settings = for_profile(Settings(), options.profile)
        check(settings, options.profile)
        profile = tightened(
            PROFILES[options.profile],
            settings.daily_loss_usd,
            settings.max_leverage,
            symbol_notional_usd=settings.symbol_notional_usd,
            symbol_leverage=settings.symbol_leverage,
            flatten_on_loss=settings.flatten_on_loss,
        )
        return _run(options, settings, profile)
    except ValidationError as bad:
        for error in bad.errors():
            _say(f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}")
    except AlreadyRunning as other:
        _say(f"refused: a trader of this desk runs already (process {other}).")
    except EXPECTED as refused:
        _say(f"refused: {refused}")
    return 2


def _run(options: argparse.Namespace, settings: Settings, profile: Profile) -> int:
    home = Path(options.home)
    if options.part == "preflight":
        from trader.run_preflight import run_preflight

        return run_preflight(home, settings, profile, as_json=options.json)
    if options.part == "credentials":
        from trader.run_preflight import run_credentials

        return run_credentials(home, settings, profile, options.key_file, as_json=options.json)
    if options.part == "loop":
        from trader.run_loop import LoopOptions, run_loop

        return run_loop(
            LoopOptions(home, options.boot, options.dry_run, options.run_once), settings, profile
        )
    from trader.run_guard import GuardOptions, run_guard

    _show_limits(profile)
    return run_guard(
        GuardOptions(
            home=home,
            profile=options.profile,
            dry_run=options.dry_run,
            run_once=options.run_once,
            reduce_only=options.reduce_only or settings.reduce_only,
            hold=settings.kill_switch,
            first_mode=profile.first_mode,
            command=(sys.executable, "-m", "trader"),
        ),
        settings,
        profile,
    )


def _show_limits(profile: Profile) -> None:
    rows = [("first mode", profile.first_mode.name), *profile.limits.rows()]
    _say(f"profile {profile.name}; limits in force:")
    for name, value in rows:
        _say(f"  {name.replace('_', ' '):<28} {value}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m trader", description=__doc__)
    parser.add_argument("part", choices=["run", "loop", "preflight", "credentials"])
    parser.add_argument("--home", default=os.environ.get("PERPS_HOME", "var/home"))
    parser.add_argument("--profile", choices=sorted(PROFILES), default="dev")
    parser.add_argument("--dry-run", action="store_true", help="show orders, send none")
    parser.add_argument("--run-once", action="store_true", help="one full cycle, then end")
    parser.add_argument("--reduce-only", action="store_true", help="start in REDUCE_ONLY")
    parser.add_argument("--json", action="store_true", help="what is found, for machines")
    parser.add_argument(
        "--key-file", type=Path, help="credentials: of another key than the trader's"
    )
    parser.add_argument("--boot", type=int, default=0, help=argparse.SUPPRESS)
    return parser


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
