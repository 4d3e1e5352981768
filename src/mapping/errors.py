"""What can go wrong, in the user's words.

Every error of this library is a `MappingError`, so one `except` catches them all, and each also
inherits the builtin that fits, so code that knows nothing of this library can still catch it. The
message says what is wrong, where, and what to do; the command line prints it and exits with 1, a
panel shows it beside the control.
"""


class MappingError(Exception):
    """Something a user can put right; the message says how."""

    def __str__(self) -> str:
        """Return the sentence as it was written (some builtins would quote or number it)."""
        return " ".join(str(part) for part in self.args)

    def _render_traceback_(self) -> list[str]:
        """Return what Jupyter prints in place of a traceback: the sentence."""
        return [str(self)]


class InvalidTableError(MappingError, ValueError):
    """A table misses a column, repeats or does not know an area, or holds impossible values."""


class InvalidStudyError(MappingError, ValueError):
    """A study file cannot be read or asks for what does not exist."""


class InvalidScenarioError(MappingError, ValueError):
    """A scenario file cannot be read, or its choices exclude each other."""


class MissingSourceError(MappingError, FileNotFoundError):
    """A file that the study needs was not found."""


class DownloadError(MappingError, ConnectionError):
    """A published file cannot be fetched, or what came is not what was asked for."""


class NotBuiltError(MappingError, FileNotFoundError):
    """A study was asked about before it was built, or its tables were damaged since."""


class InfeasibleError(MappingError, ValueError):
    """No plan can meet the conditions asked for."""


class UnknownAssetError(MappingError, ValueError):
    """A page to be exported asks for a script, style or address that is not held."""


class DisclosureError(MappingError, PermissionError):
    """Something made of personal records was about to leave without having been released."""
