"""Runs `python -m db` on a terminal of its own, and reads what stands there."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from tests.job.image import OURS, Image
from tests.job.process import QUICK, Job, text_of

CONTROL = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07)")
COLOUR = re.compile(r"\x1b\[(?:\d+;)*(?:3[0-79]|4[0-79]|9\d)m")
WITHOUT_RICH = (
    "import sys; sys.modules['rich'] = None; import runpy; runpy.run_module('db', run_name='__main__')"
)


@dataclass(frozen=True)
class Shown:
    """What a terminal was sent until the program had ended."""

    code: int
    sent: str

    @property
    def text(self) -> str:
        """Without colours and movements: each state of the view, one after the other."""
        return CONTROL.sub("", self.sent).replace("\r\n", "\n").replace("\r", "\n")

    @property
    def is_coloured(self) -> bool:
        return COLOUR.search(self.sent) is not None

    @property
    def widest(self) -> int:
        return max(map(len, self.text.splitlines()))


class Terminal:
    """A terminal of `columns`, on which one program runs."""

    def __init__(
        self,
        job: Job,
        *arguments: str,
        image: Image = OURS,
        columns: int = 80,
        has_rich: bool = True,
        **environ: str,
    ) -> None:
        assert job.url.password
        self._password = job.url.password.reveal()
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        named = {f"CALCIO_{name.upper()}": str(value) for name, value in QUICK.items()}
        given = {
            "PATH": os.defpath,
            "TERM": "xterm-256color",
            "DATABASE_URL": text_of(job.url),
            **named,
            **environ,
        }
        program: Sequence[str] = ("-m", "db") if has_rich else ("-c", WITHOUT_RICH)
        self._process = subprocess.Popen(
            [sys.executable, *program, *arguments],
            cwd=image.folder, env=given, stdin=its, stdout=its, stderr=its, start_new_session=True,
        )  # fmt: skip
        os.close(its)
        self._screen = ours
        self._sent = b""

    def until(self, text: str) -> None:
        """Read until `text` stands there."""
        while text not in Shown(0, self._sent.decode(errors="ignore")).text:
            self._sent += os.read(self._screen, 4096)

    def end(self) -> Shown:
        """Read to the end; as of every run, nobody is told the password."""
        # A terminal that nobody writes to any more says EIO.
        with suppress(OSError):
            while part := os.read(self._screen, 4096):
                self._sent += part
        os.close(self._screen)
        shown = Shown(self._process.wait(timeout=60), self._sent.decode())
        assert self._password not in shown.sent
        return shown
