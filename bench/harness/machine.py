"""What a reader has to know of the machine and of what was measured on it."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from pathlib import Path

from .setting import ROOT, Setting


def facts(setting: Setting, command: list[str]) -> dict[str, str]:
    """Names and values for the head of the results."""
    installed = {name: setting.module_version(name) for name in ("msgspec", "bytewax", "pathway", "pystorm", "msgpack")}
    return {
        "machine": f"{os.cpu_count()} cores of {_processor()}, {_memory_gb():.0f} GB, {platform.system()} {platform.release()}",
        "busy before it began": " ".join(f"{load:.2f}" for load in os.getloadavg()) + " (load average of 1, 5, 15 minutes)",
        "stormhost": f"{_said([setting.host, '--version'])}, {_built_from(setting)}",
        "Python": _said([setting.python, "--version"]).removeprefix("Python "),
        "packages": ", ".join(f"{name} {version}" for name, version in installed.items() if version) or "none",
        "Apache Storm": _storm(setting),
        "rustc": _said(["rustc", "--version"]).removeprefix("rustc "),
        "date": time.strftime("%Y-%m-%d"),
        "command": " ".join(command),
    }


def _storm(setting: Setting) -> str:
    version = setting.module_version("storm")
    said = _said(["java", "-version"]).splitlines()
    return f"{version} in local mode, {said[1] if len(said) > 1 else said[0]}" if version else "none"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _built_from(setting: Setting) -> str:
    """A binary that was brought along may be of any commit."""
    ours = setting.host.is_relative_to(ROOT / "target")
    return f"commit {_commit()}" if ours else f"a binary from elsewhere, beside the benchmarks of commit {_commit()}"


def _commit() -> str:
    said = _said(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"])
    changed = _said(["git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no"])
    return said + (" with changes" if changed not in ("", "unknown") else "")


def _said(command: list[object]) -> str:
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return (done.stdout or done.stderr).strip() if done.returncode == 0 else "unknown"
