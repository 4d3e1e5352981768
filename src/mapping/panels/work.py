"""Work beside the controls: it tells what it is doing, can be stopped, and gives way to newer."""

from collections.abc import Callable
from threading import Event, Lock, Thread


class Stopped(BaseException):
    """The work was told to stop, and did."""


class Work:
    """
    One piece of work under way.

    Call it with a few words before each step, as any `Progress`: the call is also where the work
    ends once it was told to stop.

    Parameters
    ----------
    tell
        Is given the words.

    Examples
    --------
    >>> work = Work(print)
    >>> work("placing hubs")
    placing hubs
    >>> work.stop()
    >>> work.stopped()
    True
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._stop = Event()
        self.superseded = False

    def __call__(self, doing: str) -> None:
        """
        Tell what is done next.

        Raises
        ------
        Stopped
            If the work was told to stop.
        """
        self.check()
        self._tell(doing)

    def check(self) -> None:
        """Raise `Stopped` if the work was told to stop."""
        if self.stopped():
            raise Stopped

    def stopped(self) -> bool:
        """Return whether it was told to stop; long solvers ask this themselves."""
        return self._stop.is_set()

    def stop(self, *, superseded: bool = False) -> None:
        """Ask it to stop; `superseded` if only because newer work replaces it."""
        self.superseded = self.superseded or superseded
        self._stop.set()


class Worker:
    """
    Does one piece of work at a time in a thread of its own, so that the kernel hears the controls.

    Work that is started while other work runs stops that and follows it; of several only the
    newest is done.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._thread: Thread | None = None
        self._current: Work | None = None
        self._next: tuple[Work, Callable[[Work], None]] | None = None

    def start(self, work: Work, do: Callable[[Work], None]) -> None:
        """Do this work as soon as what runs now has stopped."""
        with self._lock:
            if self._current is not None:
                self._current.stop(superseded=True)
            self._next = (work, do)
            if self._thread is None:
                self._thread = Thread(target=self._run, daemon=True)
                self._thread.start()

    @property
    def working(self) -> bool:
        """Whether anything is under way that was not told to stop."""
        with self._lock:
            return any(not work.stopped() for work in self._works())

    def stop(self) -> None:
        """Ask what runs, and what would follow it, to stop."""
        with self._lock:
            for work in self._works():
                work.stop()

    def _works(self) -> list[Work]:
        works = (self._current, self._next[0] if self._next else None)
        return [work for work in works if work is not None]

    def wait(self) -> None:
        """Return when nothing is left to do."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._lock:
                if self._next is None:
                    self._current = self._thread = None
                    return
                (work, do), self._next = self._next, None
                self._current = work
            do(work)
