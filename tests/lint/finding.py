"""What every check returns: findings, one line each."""

from typing import NamedTuple


class Finding(NamedTuple):
    path: str
    line: int
    message: str
    warning: bool = False  # shown, but not counted

    def __str__(self):
        return f"{self.path}:{self.line}: {'warning: ' if self.warning else ''}{self.message}"
