"""`perps-bot escalation …` goes on as the tools of the alerts process, word for word."""

from tests.bot.terminal import BECAME, Terminal


def test_what_was_typed_is_handed_on(terminal: Terminal) -> None:
    words = [
        "simulate",
        "daily_loss",
        "3",
        "--ack",
        "bob@90",
        "--at",
        "2026-11-23T03:00Z",
        "--json",
    ]
    terminal.environment["PERPS_HOME"] = str(terminal.home)
    assert terminal.type("escalation", *words, at_home=False).code == BECAME
    ((arguments, environment),) = terminal.became
    assert arguments[1:] == ["-m", "alerts", "escalation", *words]
    assert environment["PERPS_HOME"] == str(terminal.home)


def test_a_home_before_the_verb_counts(terminal: Terminal) -> None:
    home = f"--home={terminal.home}"
    assert terminal.type(home, "escalation", "who", "--json", at_home=False).code == BECAME
    ((arguments, environment),) = terminal.became
    assert arguments[1:] == ["-m", "alerts", "escalation", "who", "--json"]
    assert environment["PERPS_HOME"] == str(terminal.home)


def test_no_verb_is_in_the_way_of_a_kill_switch(terminal: Terminal) -> None:
    terminal.type("escalation", "--kill-switch", "--timeout-s=0")
    assert terminal.became == []
