"""Our structures against C's: of each the size, the alignment and the fields, by the compiler of each ABI.

The first words of a class's docstring are the name that C has for it, and its module's docstring names the header.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from .check import Failure
from .claims import Claim, Difference, contradictions, type_claims
from .compiler import ABIS
from .ported import ABIS_32_BIT, PACKAGE, Layout, ported, source, struct_modules
from .subjects import is_kernel_header

_ABIS: Final = " ".join(ABIS)
_ABIS_64_BIT: Final = " ".join(abi for abi in ABIS if abi not in ABIS_32_BIT)

_C_NAME: Final = re.compile(r"(?:struct|union) \w+|fd_set")


class Row(NamedTuple):
    """What C has before the name of each field: `sin_` in `sin_port`.

    names: `ours=theirs` of fields where that is not all; nothing after the `=` where C has no such field.
    c: the C type, where the docstring does not begin with it; by ABI, where not every ABI has it.
    musl_32_bit: the C type on a 32-bit musl, where it is another; a dash where its headers no longer have what the
    plain symbols take, which is as on a 32-bit glibc.
    is_longer: C's has more members than ours.
    """

    prefix: str = ""
    names: str = ""
    c: str | dict[str, str] = ""
    musl_32_bit: str = ""
    is_longer: bool = False

    def field(self, name: str) -> str:
        """C's name of a field, or nothing."""
        return dict(pair.split("=") for pair in self.names.split()).get(name, self.prefix + name)


# As GETREGSET fills them. An array is the one member of a structure.
_REGISTERS: Final = {
    **dict.fromkeys(("x86_64", "i386", "riscv64"), "struct user_regs_struct"),
    **dict.fromkeys(("aarch64", "loongarch64"), "struct user_pt_regs"),
    "arm": "struct user_regs",
    "ppc64le": "struct pt_regs",
    "s390x": "s390_regs",
    **dict.fromkeys(("mips64el", "mipsel"), "Member<elf_gregset_t>"),
}

ROWS: Final = {
    "RawSockaddr": Row("sa_"),
    "RawSockaddrInet4": Row("sin_"),
    "RawSockaddrInet6": Row("sin6_"),
    "RawSockaddrUnix": Row("sun_"),
    "RawSockaddrLinklayer": Row("sll_"),
    "RawSockaddrNetlink": Row("nl_"),
    "RawSockaddrVM": Row("svm_"),
    "Cmsghdr": Row("cmsg_"),
    "KernelTimespec": Row("tv_"),
    "ScmTimestamping": Row(),
    "SockExtendedErr": Row("ee_"),
    "EpollEvent": Row(),
    "_EpollData": Row(c="epoll_data_t", names="halves="),
    "_Halves": Row(c="epoll_data_t", names="pad=", is_longer=True),
    "FdSet": Row("fds_"),
    "SockFilter": Row(),
    "SockFprog": Row(),
    "Ifmap": Row(),
    "Ifreq": Row("ifr_", names="ifrn=ifr_name"),
    "_IfreqData": Row("ifru_", c="__typeof__(ifreq::ifr_ifru)"),
    "Iovec": Row("iov_"),
    "Msghdr": Row("msg_"),
    "Mmsghdr": Row("msg_"),
    "Addrinfo": Row("ai_"),
    "NlMsghdr": Row("nlmsg_"),
    "NlMsgerr": Row(),
    "NlAttr": Row("nla_"),
    "RtAttr": Row("rta_"),
    "RtGenmsg": Row("rtgen_"),
    "IfInfomsg": Row("ifi_", names="pad=__ifi_pad"),
    "IfAddrmsg": Row("ifa_"),
    "RtMsg": Row("rtm_"),
    "RtNexthop": Row("rtnh_"),
    "IfaCacheinfo": Row("ifa_", names="cstamp=cstamp tstamp=tstamp"),
    "NdMsg": Row("ndm_"),
    "NdUseroptmsg": Row("nduseropt_"),
    "Linger": Row("l_"),
    "Ucred": Row(),
    "IPMreq": Row("imr_"),
    "IPMreqn": Row("imr_"),
    "IPv6Mreq": Row("ipv6mr_"),
    "Inet4Pktinfo": Row("ipi_"),
    "Inet6Pktinfo": Row("ipi6_"),
    "IPv6MTUInfo": Row("ip6m_"),
    "ICMPv6Filter": Row(),
    "TCPInfo": Row("tcpi_", names="scales= limits=", is_longer=True),
    "TCPInfoFull": Row("tcpi_", names="scales= limits= ecn="),
    "PacketMreq": Row("mr_"),
    "TpacketAuxdata": Row("tp_"),
    "TpacketStats": Row("tp_"),
    "TpacketStatsV3": Row("tp_"),
    "TpacketReq": Row("tp_"),
    "TpacketReq3": Row("tp_"),
    "TpacketBdTs": Row("ts_"),
    "TpacketBlockDesc": Row("hdr.bh1.", names="version=version offset_to_priv=offset_to_priv"),
    "Tpacket3Hdr": Row(
        "tp_",
        names="rxhash=hv1.tp_rxhash vlan_tci=hv1.tp_vlan_tci vlan_tpid=hv1.tp_vlan_tpid padding=hv1.tp_padding "
        "reserved=tp_padding",
    ),
    "Tpacket2Hdr": Row("tp_"),
    "Rlimit": Row("rlim_"),
    "Rusage": Row("ru_", musl_32_bit="-"),
    "Tms": Row("tms_"),
    "CloneArgs": Row(),
    "CapUserHeader": Row(),
    "CapUserData": Row(),
    "PtracePsw": Row(c={"s390x": "psw_t"}),
    "PtraceRegs": Row(c=_REGISTERS, names="pc_=pc era=csr_era badv=csr_badv"),
    "Timeval": Row("tv_", musl_32_bit="struct __kernel_old_timeval"),
    "Timespec": Row("tv_", musl_32_bit="struct __kernel_old_timespec"),
}

# Structures that C does not have.
WITHOUT_C: Final = {"RawSockaddrAny": "Go's own"}

_HALF: Final = "32 bits of the kernel's 64, beside 32 bits of padding that a length leaves 0"
DIFFERENCES: Final = (
    Difference("Cmsghdr alignment", "musl", _ABIS_64_BIT, 4, _HALF),
    Difference("Cmsghdr.len size", "musl", _ABIS_64_BIT, 4, _HALF),
    Difference("Cmsghdr.len offset", "musl", "s390x", 4, "the lower half comes last"),
    Difference("Msghdr members", "musl", _ABIS_64_BIT, 9, "two of them padding"),
    Difference("Msghdr.iovlen size", "musl", _ABIS_64_BIT, 4, _HALF),
    Difference("Msghdr.iovlen offset", "musl", "s390x", 28, "the lower half comes last"),
    Difference("Msghdr.iovlen sign", "musl", _ABIS, 1, "the kernel takes no more than 1024"),
    Difference("Msghdr.controllen size", "musl", _ABIS_64_BIT, 4, _HALF),
    Difference("Msghdr.controllen offset", "musl", "s390x", 44, "the lower half comes last"),
    Difference("EpollEvent alignment", "glibc", "i386", 1, "packed, where that moves no field"),
    Difference("Rusage size", "musl", _ABIS_64_BIT, 272, "reserved members at the end, which nobody fills"),
    Difference("CloneArgs alignment", "glibc musl", "i386", 8, "the kernel takes it from anywhere"),
    Difference("TpacketBlockDesc alignment", "glibc musl", "i386", 8, "lies at the start of a page"),
    Difference("FdSet.bits element sign", "glibc", _ABIS, 1, "bits have no sign"),
)


def headers(directory: Path = PACKAGE) -> list[str]:
    """Those that the docstrings of the modules name, the libc's before the kernel's, which heed what those define."""
    docstrings = [_docstring(source(module, directory)) for module in struct_modules(directory)]
    named = [header for docstring in docstrings for header in re.findall(r"<([\w./]+\.h)>", docstring)]
    return sorted(dict.fromkeys(["netinet/in.h", *named]), key=is_kernel_header)


def _docstring(text: str) -> str:
    return ast.get_docstring(ast.parse(text)) or ""


def c_type(layout: Layout, abi: str, libc: str) -> str | None:
    """What C calls a structure of ours; nothing, where this ABI has none; None, where nobody has said."""
    row = ROWS.get(layout.name)
    if row is None:
        return None
    if isinstance(row.c, dict):
        return row.c.get(abi, "")
    in_docstring = _C_NAME.match(layout.doc)
    name = row.c or (in_docstring[0] if in_docstring else None)
    return row.musl_32_bit.strip("-") if row.musl_32_bit and libc == "musl" and abi in ABIS_32_BIT else name


def claims(layouts: Iterable[Layout], abi: str, libc: str) -> Iterator[Claim]:
    """All that our structures say of C's."""
    c_types = {layout.name: name for layout in layouts if (name := c_type(layout, abi, libc))}
    for layout in layouts:
        if layout.name in c_types:
            yield from _claims(layout, c_types)


def _claims(layout: Layout, c_types: dict[str, str]) -> Iterator[Claim]:
    c, row = c_types[layout.name], ROWS[layout.name]
    if row.is_longer:
        yield Claim(f"{layout.name} size", f"sizeof({c}) >= {layout.size}", 1)
    else:
        yield Claim(f"{layout.name} size", f"sizeof({c})", layout.size)
        yield Claim(f"{layout.name} alignment", f"alignof({c})", layout.alignment)
        # Without a gap, every byte of C's structure belongs to a field of ours; in a gap C might have one more.
        if sum(field.size for field in layout.fields) < layout.size:
            yield Claim(f"{layout.name} members", f"__builtin_structured_binding_size({c})", len(layout.fields))
    for field in layout.fields:
        if theirs := row.field(field.name):
            label = f"{layout.name}.{field.name}"
            yield Claim(f"{label} offset", f"__builtin_offsetof({c}, {theirs})", field.offset)
            yield from type_claims(label, field.type, f"__typeof__((({c} *)0)->{theirs})", c_types)


def _unmatched(layout: Layout) -> Failure:
    place = f"pysyscall/{layout.module.replace('.', '/')}.py: "
    if layout.name in ROWS:
        problem = f"{place}the docstring of {layout.name} does not begin with the name of its C structure"
    else:
        problem = (
            f"{place}{layout.name} is held against no C structure: add it to ROWS in tests/abi/layouts.py with what C "
            f'has before the names of its fields, as in "RawSockaddrInet4": Row("sin_")'
        )
    return Failure(layout.name, problem, True, None)


def disagreements(abi: str, libc: str, directory: Path = PACKAGE) -> list[Failure]:
    """What the headers of this ABI and libc say otherwise of our structures, and structures that C does not know."""
    layouts = ported(abi, libc, directory).layouts
    unmatched = [
        _unmatched(layout) for layout in layouts if layout.name not in WITHOUT_C and c_type(layout, abi, libc) is None
    ]
    return unmatched + contradictions(abi, libc, headers(directory), claims(layouts, abi, libc), DIFFERENCES)
