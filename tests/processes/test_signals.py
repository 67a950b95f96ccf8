"""Signal: a signal's number with its name and texts."""

import signal

import pytest

import pysyscall as syscall
from pysyscall import Errno, Signal


@pytest.mark.parametrize("number", sorted(set(signal.Signals)))
def test_every_signal_of_pythons_has_its_name_and_text(number: signal.Signals) -> None:
    if number.name in ("SIGRTMIN", "SIGRTMAX"):  # no constants: libc takes some real-time signals for itself
        assert Signal(number).name == ""
        return
    assert Signal(number).name == number.name
    assert Signal(number).text == signal.strsignal(number)
    assert int(getattr(syscall, number.name)) == int(Signal(number)) == int(number)


def test_gos_text_and_the_libcs_own() -> None:
    stop = Signal(syscall.SIGSTOP)
    assert (stop.string(), stop.text, repr(stop)) == ("stopped (signal)", "Stopped (signal)", "Signal(SIGSTOP)")
    assert Errno(syscall.EPIPE).text == "Broken pipe"


def test_a_number_that_is_no_signal_has_no_name() -> None:
    assert [Signal(number).string() for number in (0, -1, 99)] == ["signal 0", "signal -1", "signal 99"]
    assert (Signal(99).name, Signal(99).text, repr(Signal(99))) == ("", "", "Signal(99)")


def test_every_errno_and_signal_of_this_abi_has_gos_text() -> None:
    constants = {name: value for name in dir(syscall) if isinstance(value := getattr(syscall, name), int)}
    errnos = {value for name, value in constants.items() if Errno(value).name == name}
    assert len(errnos) > 100
    newer_than_go = [Errno(number).name for number in errnos if Errno(number).error() == f"errno {number}"]
    assert newer_than_go == ["EFTYPE"]
    signals = {value for name, value in constants.items() if Signal(value).name == name}
    assert len(signals) >= 31
    assert [number for number in signals if Signal(number).string() == f"signal {number}"] == []
