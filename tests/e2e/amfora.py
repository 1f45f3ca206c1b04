"""The real Amfora, in a terminal of tmux's."""

import os
import re
import subprocess

from clients import require_client
from program import Process, wait_until

PATIENCE = 15.0  # seconds until a page is drawn; Amfora itself gives up after 10
NUDGES = 15  # Amfora can miss a redraw on a busy machine; a new size makes it draw what it has
COLUMNS, LINES = 110, 40


class Amfora:
    """Amfora on a screen of its own, with a home and a tmux server of its own."""

    def __init__(self, home, url):
        self.home = home
        self.tmux = [require_client("tmux"), "-u", "-L", f"amfora-{os.getpid()}", "-f", "/dev/null"]
        environment = {"HOME": home, "PATH": os.environ["PATH"], "TERM": "screen-256color",
                       "LANG": "C.UTF-8"}
        for name, folder in (("CONFIG", "config"), ("CACHE", "cache"), ("DATA", "data")):
            environment[f"XDG_{name}_HOME"] = f"{home}/{folder}"
        command = ["env", "-i", *(f"{key}={value}" for key, value in environment.items())]
        self._run("new-session", "-d", "-x", str(COLUMNS), "-y", str(LINES),
                  *command, require_client("amfora"), url)
        pid = int(self._run("list-panes", "-F", "#{pane_pid}"))
        self.process = Process.read(pid)

    def _run(self, *arguments):
        done = subprocess.run(
            [*self.tmux, *arguments], capture_output=True, text=True, timeout=20, check=True,
            env={**os.environ, "TMUX_TMPDIR": self.home, "LC_ALL": "C.UTF-8"})
        return done.stdout

    def press(self, *keys):
        self._run("send-keys", *keys)

    def open(self, url):
        """Go to an address as a reader does: space, the address, Enter."""
        self.press("Space")
        self.press("C-u")
        self._run("send-keys", "-l", url)
        self.press("Enter")

    def screen(self):
        return self._run("capture-pane", "-p")

    def wait_for(self, *texts):
        """Wait until all texts are drawn, wherever their lines are broken; the screen's text."""
        def drawn():
            flat = " ".join(re.sub("[░▒▓]", " ", self.screen()).split())
            return flat if all(text in flat for text in texts) else None

        for step in range(1, NUDGES + 1):
            try:
                return wait_until(drawn, PATIENCE / NUDGES, f"{texts} on the screen")
            except AssertionError:
                self._run("resize-window", "-x", str(COLUMNS + step % 2))
        raise AssertionError(f"{texts} not within {PATIENCE:g} s; this is:\n{self.screen()}")

    def wait_for_page(self, name, title, *texts):
        """Wait until a page is drawn and its address is in the bottom bar.

        Amfora sets that last of all; a key that comes before it may be lost.
        """
        return self.wait_for(f"# {title}", *texts, f"/{name}")

    def end(self):
        """End it and its screen."""
        self._run("kill-server")
        if self.process is not None:
            wait_until(lambda: not self.process.alive(), 10, "the end of Amfora")
