"""What libc fills and we do not look into has room enough, on every ABI and with both libcs; and registers' places."""

from __future__ import annotations

import pytest

from .check import Assertion, check, equals
from .compiler import ABIS, LIBCS, zig

needs_zig = pytest.mark.skipif(zig() is None, reason="no C compiler: the package ziglang is not installed")

# In processes/spawn_executor.py, and in processes/child.py.
ROOM = {"posix_spawnattr_t": 512, "posix_spawn_file_actions_t": 512, "struct sigaction": 512, "sigset_t": 128}


@needs_zig
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("abi", ABIS)
def test_there_is_room_for_what_libc_fills(abi: str, libc: str) -> None:
    assertions = [Assertion(name, f"sizeof({name}) <= {size}") for name, size in ROOM.items()]
    assert check(abi, libc, ["spawn.h", "signal.h"], assertions) == []


@needs_zig
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize(
    ("abi", "name", "index"), [("mips64el", "MIPS64_EF_CP0_EPC", 34), ("mipsel", "MIPS32_EF_CP0_EPC", 40)]
)
def test_the_program_counter_of_mips_is_where_the_kernel_has_it(abi: str, libc: str, name: str, index: int) -> None:
    assert check(abi, libc, ["asm/reg.h"], [equals(name, name, index)]) == []


@needs_zig
def test_too_little_room_is_found() -> None:
    assertion = Assertion("posix_spawnattr_t", "sizeof(posix_spawnattr_t) <= 256")
    assert [failure.label for failure in check("arm", "glibc", ["spawn.h"], [assertion])] == ["posix_spawnattr_t"]
