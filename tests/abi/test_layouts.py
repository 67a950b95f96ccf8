"""Our structures against C's, on every ABI and with both libcs."""

from __future__ import annotations

import ctypes
import importlib
import pkgutil
from pathlib import Path

import pytest

import pysyscall
from pysyscall.base.abi import ABI
from tests.make_stubs import lays_out

from . import layouts
from .claims import Difference
from .compiler import ABIS, LIBCS, zig
from .conftest import Edit
from .layouts import DIFFERENCES, EXCEPTIONS, disagreements
from .ported import PACKAGE, ported, struct_modules
from .ported import layouts as layouts_of

needs_zig = pytest.mark.skipif(zig() is None, reason="no C compiler: the package ziglang is not installed")


FD_BITS = ("FdSet.bits length", "FdSet.bits element size")


def labels(abi: str, libc: str, directory: Path) -> set[str]:
    return {failure.label for failure in disagreements(abi, libc, directory)}


@needs_zig
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("abi", ABIS)
def test_every_structure_lies_as_the_headers_say(abi: str, libc: str) -> None:
    assert disagreements(abi, libc) == []


@pytest.mark.skipif(ABI == "i386", reason="on i386 ctypes aligns no integer to 8 bytes, as most other ABIs do")
def test_ctypes_itself_lays_out_as_we_say_it_does() -> None:
    modules = [importlib.import_module(f"pysyscall.{name}") for name in struct_modules()]
    assert layouts_of(modules) == ported(ABI, "glibc").layouts


def test_all_structures_are_where_the_check_looks() -> None:
    for module in pkgutil.walk_packages(pysyscall.__path__, "pysyscall."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    classes: list[type] = [*ctypes.Structure.__subclasses__(), *ctypes.Union.__subclasses__()]
    for cls in classes:
        classes += cls.__subclasses__()
    ours = {(cls.__module__, cls.__name__) for cls in classes if cls.__module__.startswith("pysyscall.")}
    elsewhere = {(module, name) for module, name in ours if not lays_out(module)}
    assert elsewhere == set()


def test_the_exceptions_name_no_structure_that_is_gone() -> None:
    assert {layout.name for layout in ported(ABI, "glibc").layouts} >= EXCEPTIONS


# Mistakes


@needs_zig
@pytest.mark.parametrize("libc", LIBCS)
@pytest.mark.parametrize("abi", ["s390x", "i386"])
def test_each_wrong_field_is_found(edited_package: Edit, abi: str, libc: str) -> None:
    directory = edited_package(
        "sockets/*structs.py",
        # Moved, of another sign, of another width, misnamed.
        ("    onoff: I32\n    linger: I32\n", "    linger: I32\n    onoff: I32\n"),
        ("    uid: U32\n", "    uid: I32\n"),
        ("    address: U8x4\n    ifindex: I32\n", "    address: U8x4\n    ifindex: I64\n"),
        ("    spec_dst: U8x4\n", "    specific_dst: U8x4\n"),
        # Missing, an array of another length, and one too many.
        ("    multiaddr: U8x16\n    interface: U32\n", "    multiaddr: U8x16\n"),
        ("    data: U32x8\n", "    data: U8x16\n"),
        ("    mtu: U32\n", "    mtu: U32\n    more: U32\n"),
        # An array, and a structure that is aligned as its bytes are.
        ("    addr: U8x16\n    ifindex: U32\n", "    addr: U8x16\n    ifindex: U8x4\n"),
        ("    interface: U8x4\n    _align: U32x0\n", "    interface: U8x4\n"),
    )
    assert labels(abi, libc, directory) == {
        *("Linger.onoff offset", "Linger.linger offset"),
        "Ucred.uid sign",
        *("IPMreqn size", "IPMreqn.ifindex size"),
        *("Inet4Pktinfo.specific_dst offset", "Inet4Pktinfo.specific_dst length"),
        *("Inet4Pktinfo.specific_dst element size", "Inet4Pktinfo.specific_dst element sign"),
        *("IPv6Mreq size", "IPv6Mreq alignment"),
        *("ICMPv6Filter size", "ICMPv6Filter alignment"),
        *("ICMPv6Filter.data length", "ICMPv6Filter.data element size"),
        *("IPv6MTUInfo size", "IPv6MTUInfo.more offset", "IPv6MTUInfo.more size", "IPv6MTUInfo.more sign"),
        *("Inet6Pktinfo alignment", "Inet6Pktinfo.ifindex length"),
        *("Inet6Pktinfo.ifindex element size", "Inet6Pktinfo.ifindex element sign"),
        "IPMreq alignment",
        *(["IPMreqn alignment"] if abi == "s390x" else []),
    }


@needs_zig
def test_a_wrong_name_and_a_wrong_structure_inside_are_found(edited_package: Edit) -> None:
    directory = edited_package(
        "netlink/structs.py",
        ('"""struct rtgenmsg (rtgen_):', '"""struct rtgenmsg_of_old (rtgen_):'),
        ('"""struct nlmsghdr (nlmsg_):', '"""struct ifinfomsg (nlmsg_):'),
    )
    found = labels("arm", "musl", directory)
    assert found >= {"RtGenmsg size", "RtGenmsg.family offset", "NlMsghdr.len offset", "NlMsgerr.msg type"}
    assert {label.partition(".")[0].partition(" ")[0] for label in found} == {"RtGenmsg", "NlMsghdr", "NlMsgerr"}


@needs_zig
def test_a_mistake_on_one_abi_is_found_there_and_nowhere_else(edited_package: Edit) -> None:
    directory = edited_package(
        "io/structs.py",
        ('    if ABI == "x86_64":', '    if ABI == "aarch64":'),
        ("    fd: I32\n    pad: I32\n", '    fd: U32 if ABI == "arm" else I32\n    pad: I32\n'),
        ("    bits: FdBits\n", '    bits: ctypes.c_uint32 * (16 if ABI == "i386" else 32)\n'),
    )
    layout = {"EpollEvent size", "EpollEvent alignment", "EpollEvent.data offset"}
    assert labels("x86_64", "musl", directory) == {*layout, "FdSet alignment", *FD_BITS}
    assert labels("aarch64", "musl", directory) == {*layout, "FdSet alignment", *FD_BITS}
    assert labels("arm", "musl", directory) == {"_Halves.fd sign"}
    assert labels("i386", "musl", directory) == {"FdSet size", "FdSet.bits length"}


@needs_zig
def test_a_field_that_only_fills_a_gap_and_a_number_for_a_pointer_are_found(edited_package: Edit) -> None:
    directory = edited_package(
        "net/structs.py",
        ("    dma: U8\n    port: U8\n", "    dma: U8\n"),
        ("    mem_end: ULong\n", "    mem_end: Address\n"),
    )
    assert labels("s390x", "glibc", directory) == {"Ifmap members", "Ifmap.mem_end pointer"}


@needs_zig
def test_a_structure_that_is_held_against_nothing_is_named_with_what_to_do(edited_package: Edit) -> None:
    directory = edited_package(
        "netlink/structs.py",
        ("class NlAttr(Struct):", "class Novelty(Struct):\n    len: U16\n\n\nclass NlAttr(Struct):"),
        ('"""struct rtattr (rta_):', '"""Opens an attribute:'),
    )
    messages = {failure.label: failure.message for failure in disagreements("arm", "musl", directory)}
    assert messages.keys() == {"Novelty", "RtAttr"}
    for name, message in messages.items():
        assert f"netlink/structs.py: the docstring of {name} does not open with the name of its C structure" in message


@needs_zig
def test_a_wrong_name_before_the_fields_is_found(edited_package: Edit) -> None:
    directory = edited_package("netlink/structs.py", ('"""struct rtattr (rta_):', '"""struct rtattr (rt_):'))
    assert labels("x86_64", "glibc", directory) >= {"RtAttr.len offset", "RtAttr.type offset"}


@needs_zig
def test_an_order_of_an_abi_and_padding_are_held_against_the_headers(edited_package: Edit) -> None:
    directory = edited_package(
        "netlink/structs.py",
        ("    error: I32\n", '    _order_ = {"arm": "msg error"}\n    error: I32\n'),
        ("    pad: U8\n    type: U16\n    index: I32\n", "    _pad: U16\n    type: U16\n    index: I32\n"),
    )
    moved = {"IfInfomsg size", *(f"IfInfomsg.{field} offset" for field in ("type", "index", "flags", "change"))}
    assert labels("arm", "musl", directory) >= {"NlMsgerr.error offset", "NlMsgerr.msg offset", *moved}
    assert labels("x86_64", "musl", directory) >= moved
    assert labels("x86_64", "musl", directory).isdisjoint({"NlMsgerr.error offset", "NlMsgerr.msg offset"})


@needs_zig
@pytest.mark.parametrize("label", ["Iovec.len size", "Iovec.length size"])
def test_the_table_may_not_claim_a_difference_that_is_none(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    invented = Difference(label, "glibc musl", "arm x86_64", 4, "invented")
    monkeypatch.setattr(layouts, "DIFFERENCES", (*DIFFERENCES, invented))
    assert labels("arm", "musl", PACKAGE) == {label}


@needs_zig
def test_a_difference_must_be_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {row.label for row in DIFFERENCES if "i386" in row.abis.split() and "glibc" in row.libcs.split()}
    monkeypatch.setattr(layouts, "DIFFERENCES", ())
    assert labels("i386", "glibc", PACKAGE) == here
    assert here >= {
        "EpollEvent alignment",
        "FdSet.bits element sign",
        "TpacketBlockDesc alignment",
        "Stat_t.blksize sign",
    }
