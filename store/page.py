"""The gate's page: a small mapped file beside the database that every process reads and writes.

Seven 64-bit words, each read and written whole. The mode word stands twice, once inverted: a page
that was damaged, or caught between the two, reads as closed.
"""

import mmap
import os
from pathlib import Path

from core.gate import Page
from core.modes import Mode

_SIZE = 4096
_MAGIC = 0x5045_5250_5047_0001
_MASK = (1 << 64) - 1
_MODES = {mode.value: mode for mode in Mode}
_MAGIC_AT, _WORD_AT, _CHECK_AT, _ARMED_AT, _BOOT_AT, _LEASE_AT, _BEAT_AT = range(7)


class PageUnreadable(Exception):
    """The page's content makes no sense; the gate counts as closed."""


class GatePage:
    """One mapping of a desk's page. Cheap to read; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(fd).st_size != _SIZE:
                os.ftruncate(fd, _SIZE)
            self._map = mmap.mmap(fd, _SIZE)
        finally:
            os.close(fd)
        self._words = memoryview(self._map).cast("Q")
        if self._words[_MAGIC_AT] == 0:
            self.close_gate(epoch=0)

    def read(self) -> Page:
        """The page at one instant. Raises PageUnreadable."""
        word, check = self._words[_WORD_AT], self._words[_CHECK_AT]
        if self._words[_MAGIC_AT] != _MAGIC or word ^ check != _MASK:
            raise PageUnreadable("the page is damaged or just being written")
        mode = word & 0xFF
        boot = self._words[_BOOT_AT]
        return Page(
            mode=_MODES.get(mode),
            armed=boot != 0 and self._words[_ARMED_AT] == boot,
            epoch=word >> 8,
            boot=boot,
            lease_until_ns=self._words[_LEASE_AT],
            beat_ns=self._words[_BEAT_AT],
        )

    def set_mode(self, mode: Mode, epoch: int) -> None:
        self._set_word(epoch << 8 | mode)

    def close_gate(self, epoch: int) -> None:
        self._set_word(epoch << 8)

    def _set_word(self, word: int) -> None:
        self._words[_WORD_AT] = word
        self._words[_CHECK_AT] = word ^ _MASK
        self._words[_MAGIC_AT] = _MAGIC

    def begin_boot(self, boot: int) -> None:
        """A new trading loop: nothing is armed until it has reconciled."""
        self._words[_ARMED_AT] = 0
        self._words[_BEAT_AT] = 0
        self._words[_BOOT_AT] = boot

    def arm(self, boot: int) -> None:
        self._words[_ARMED_AT] = boot

    def disarm(self) -> None:
        self._words[_ARMED_AT] = 0

    def beat(self, now_ns: int) -> None:
        self._words[_BEAT_AT] = now_ns

    def renew_lease(self, until_ns: int) -> None:
        self._words[_LEASE_AT] = until_ns

    def close(self) -> None:
        self._words.release()
        self._map.close()
