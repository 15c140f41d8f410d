"""The process settings that the library makes for itself; to be imported before torch, with the environment's given by the caller."""

import ctypes
import sys

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_THRESHOLD = -1, -2, -3


def keep_freed_memory():
    """As StateSpaceRuntime.Tune: glibc's malloc gives no freed memory back to the system."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return
    mallopt(M_TRIM_THRESHOLD, 1 << 30)
    mallopt(M_MMAP_THRESHOLD, 1 << 30)
    mallopt(M_TOP_PAD, 64 << 20)
