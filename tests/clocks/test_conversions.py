"""Nanoseconds to the structures that hold times, and back."""

from __future__ import annotations

import ctypes

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pysyscall as syscall

# What the seconds of any machine can hold.
nanoseconds = st.integers(-(2**31) * 10**9, (2**31 - 1) * 10**9)


@given(nanoseconds)
def test_nanoseconds_are_whole_seconds_and_the_rest(nsec: int) -> None:
    ts = syscall.nsec_to_timespec(nsec)
    assert 0 <= ts.nsec < 10**9
    assert ts.sec * 10**9 + ts.nsec == syscall.timespec_to_nsec(ts) == nsec


@given(nanoseconds)
def test_a_timeval_is_up_to_a_microsecond_later_and_never_earlier(nsec: int) -> None:
    tv = syscall.nsec_to_timeval(nsec)
    assert 0 <= tv.usec < 10**6
    assert 0 <= syscall.timeval_to_nsec(tv) - nsec < 1000


@pytest.mark.parametrize(
    ("nsec", "timespec", "timeval"),
    [
        (0, (0, 0), (0, 0)),
        (1, (0, 1), (0, 1)),
        (-1, (-1, 999_999_999), (0, 0)),
        (999_999_001, (0, 999_999_001), (1, 0)),
        (1_500_000_000, (1, 500_000_000), (1, 500_000)),
        (-2500, (-1, 999_997_500), (-1, 999_998)),
        (-1_500_000_000, (-2, 500_000_000), (-2, 500_000)),
    ],
)
def test_times_of_both_signs(nsec: int, timespec: tuple[int, int], timeval: tuple[int, int]) -> None:
    assert syscall.nsec_to_timespec(nsec) == syscall.Timespec(*timespec)
    assert syscall.nsec_to_timeval(nsec) == syscall.Timeval(*timeval)


def test_a_time_that_does_not_fit_is_refused() -> None:
    for convert in (syscall.nsec_to_timespec, syscall.nsec_to_timeval):
        for nsec in (2**63, -(2**63) - 1):
            with pytest.raises(OverflowError, match=r"^nsec must be in -9223372036854775808\.\.9223372036854775807"):
                convert(nsec)
        if ctypes.sizeof(ctypes.c_long) == 4:
            with pytest.raises(OverflowError, match=r"\.sec must be in "):
                convert(2**31 * 10**9)
        with pytest.raises(TypeError, match=r"^nsec must be an integer, not float"):
            convert(1.5)  # type: ignore[arg-type]


def test_only_the_structures_themselves_are_converted() -> None:
    with pytest.raises(TypeError, match=r"^ts must be a Timespec, not Timeval"):
        syscall.timespec_to_nsec(syscall.Timeval())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^tv must be a Timeval, not int"):
        syscall.timeval_to_nsec(5)  # type: ignore[arg-type]
