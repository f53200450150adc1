"""Nights in processes of their own: in another zone, with another seed and number of threads, and with the clock set elsewhere."""

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.settings import Settings

CLOCK_CHANGES = tuple(
    datetime(*day, 1, tzinfo=UTC) for day in ((2026, 3, 29), (2026, 10, 25), (2027, 3, 28), (2027, 10, 31))
)
"""When the clocks of Europe/London change."""

ZONES = ("UTC", "Asia/Tokyo", "America/St_Johns")
NIGHT = """
import os, sys, time
from pathlib import Path
import pipelines.night, pipelines.resources, pipelines.warehouse
from pipelines.cli import main
if n_threads := int(os.environ.get("NIGHT_THREADS", "0")):
    pipelines.warehouse.open_warehouse.__wrapped__.__kwdefaults__["threads"] = n_threads
    pipelines.resources.threads_for = lambda _: n_threads
if start_at := os.environ.get("START_WHEN"):
    print("ready", flush=True)
    while not Path(start_at).exists():
        time.sleep(0.01)
main(["nightly"])
"""
_SOURCE = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static long long offset(void) {
    static long long seconds;
    static int known;
    if (!known) { const char *said = getenv("CLOCK_OFFSET_SECONDS"); seconds = said ? atoll(said) : 0; known = 1; }
    return seconds;
}

int clock_gettime(clockid_t id, struct timespec *at) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int code = real(id, at);
    if (code == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += offset();
    return code;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    static int (*real)(struct timeval *restrict, void *restrict);
    if (!real) real = dlsym(RTLD_NEXT, "gettimeofday");
    int code = real(at, zone);
    if (code == 0 && at) at->tv_sec += offset();
    return code;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


def build_clock(folder: Path) -> Path:
    """The library, compiled into `folder`; the test is skipped, saying so, where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler, so the clock of a night cannot be set")
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(_SOURCE, encoding="utf-8")
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    return library


def clock_environment(library: Path, begins_at: datetime) -> dict[str, str]:
    """What a process needs in its environment so that its clock begins at a moment and goes on from there."""
    seconds = round((begins_at - datetime.now(begins_at.tzinfo)).total_seconds())
    return {"LD_PRELOAD": str(library), "CLOCK_OFFSET_SECONDS": str(seconds)}


def environment_of(settings: Settings, **more: str) -> dict[str, str]:
    """The environment of a night on this installation."""
    return {**os.environ, "STEPCARE_HOME": str(settings.home), "STEPCARE_INBOX": str(settings.inbox), **more}


def night_apart(settings: Settings, **more: str) -> "subprocess.CompletedProcess[str]":
    """Run the night in a process of its own; `NIGHT_THREADS` is how many threads DuckDB gets."""
    return subprocess.run(
        [sys.executable, "-c", NIGHT], env=environment_of(settings, **more), capture_output=True, text=True, check=False
    )
