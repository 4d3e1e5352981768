"""Where digital help is needed and where to put it.

Submodules load when first used (PEP 562), so `import mapping` is instant and `mapping.hubs` works
right after it.
"""

from importlib import import_module
from types import ModuleType

__version__ = "0.1.0"

__all__ = [
    "access",
    "bus",
    "cli",
    "demo",
    "disclosure",
    "errors",
    "exclusion",
    "geography",
    "hubs",
    "indices",
    "maps",
    "needs",
    "panels",
    "pipeline",
    "report",
    "scenario",
    "sources",
    "study",
    "tables",
    "workspace",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return import_module(f"mapping.{name}")
    raise AttributeError(f"module 'mapping' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
