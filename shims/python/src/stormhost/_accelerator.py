"""Finds and loads the native accelerator, one shared library for every CPython from 3.9.

It lies beside this file, in the host's cache folder or an installed package; `STORMHOST_NATIVE=PATH` in the environment
names another one, for tests and measurements. Without it, or where it cannot be loaded, everything works all the same.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NAME = "stormhost._native"
_FILE = "_native.abi3.so"


class CannotLoad(ImportError):
    """The accelerator is there, but this Python cannot use it; the message says why."""


def load() -> Any:
    """The module. Raises CannotLoad where it cannot be loaded, and plain ImportError where there is none."""
    if _NAME in sys.modules:
        return sys.modules[_NAME]
    path = os.environ.get("STORMHOST_NATIVE") or os.path.join(os.path.dirname(os.path.abspath(__file__)), _FILE)
    if not os.path.exists(path):
        raise ImportError(f"there is no native accelerator at {path}")
    reason = _unfit()
    if reason is None:
        try:
            return _import(path)
        except Exception as error:  # another architecture or C library, a folder that forbids it, and who knows what
            reason = str(error)
    raise CannotLoad(f"the native accelerator cannot be loaded, so pure Python does its work: {reason}")


def _unfit() -> str | None:
    """Why this Python must not even try; None where it may."""
    if sys.implementation.name != "cpython":
        return f"it is for CPython, and this is {sys.implementation.name}"
    if "t" in getattr(sys, "abiflags", ""):
        return "it relies on the global interpreter lock, and this is a free-threaded Python"
    if hasattr(sys, "getobjects"):
        return "this Python was built to trace references, so its objects have another shape"
    return None


def _import(path: str) -> Any:
    from importlib.machinery import ExtensionFileLoader, ModuleSpec

    loader = ExtensionFileLoader(_NAME, path)
    module = loader.create_module(ModuleSpec(_NAME, loader, origin=path))
    loader.exec_module(module)
    sys.modules[_NAME] = module
    return module
