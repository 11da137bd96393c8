"""The fifty edge cases of the specification: each has a test, which carries its number in its name.

Clicks and levels 1 to 10, messages and crashes 11 to 17 and 30 to 33, people and policies 18 to 27, clocks
28, 29, 40 to 42 and 50, storms 34 to 36, quiet 37 to 39, texts and phones 44 to 49. What crosses a process
is in tests/alerts: a text that fails (43); besides kill points (11), adapters (12 to 15), shifts
(25), quiet nights (37 and on).
"""

import re
from pathlib import Path

EDGES = 50
ENGINE = Path(__file__).parents[2] / "alerts" / "delivery" / "test_engine.py"
_NUMBERED = re.compile(r"^def test_(\d{2})_\w+\(", re.MULTILINE)


def test_every_edge_case_has_a_test() -> None:
    files = [*Path(__file__).parent.glob("test_edges_*.py"), ENGINE]
    numbers = {int(found) for file in files for found in _NUMBERED.findall(file.read_text())}
    assert numbers == set(range(1, EDGES + 1))
