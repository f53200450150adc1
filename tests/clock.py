"""The clock of a process set elsewhere, by a small library that is loaded before the C library."""

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

ZONES = ("UTC", "Asia/Tokyo", "America/St_Johns")
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
