"""Our structures against C's: of each the size, the alignment and the fields, by the compiler of each ABI.

A class's docstring opens with the name that C has for it and what C has before the names of its fields, `struct
sockaddr_in (sin_)`; its module's docstring names the header.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from .check import Failure
from .claims import Claim, Difference, contradictions, type_claims
from .compiler import ABIS
from .ported import ABIS_32_BIT, PACKAGE, Layout, ported, source, struct_modules
from .subjects import is_kernel_header

_ABIS: Final = " ".join(ABIS)
_ABIS_64_BIT: Final = " ".join(abi for abi in ABIS if abi not in ABIS_32_BIT)

# What opens a docstring: C's name of the structure, and what C has before the names of its fields.
_OPENING: Final = re.compile(
    r"(?P<kernel>the kernel's )?(?P<c>(?:struct|union) \w+|\w+::\w+|fd_set|\w+_t)(?: \((?P<prefix>[\w.]+)\))?[:,.]"
)

# Fields that C calls otherwise; nothing where C has no such field (bit fields, one half of a number, an array without a
# length); a colon behind the first of several fields that are one of ours.
_NAMES: Final = {
    "InotifyEvent": "name=",
    "Stat_t": "atim=st_atime: mtim=st_mtime: ctim=st_ctime:",
    "Sysinfo_t": "unit=mem_unit",
    "_EpollData": "halves=",
    "_Halves": "pad=",
    "RawSockaddrStorage": "data=",
    "Ifreq": "ifrn=ifr_name",
    "IfInfomsg": "pad=__ifi_pad",
    "PtraceRegs": "pc_=pc era=csr_era badv=csr_badv",
    "IfaCacheinfo": "cstamp=cstamp tstamp=tstamp",
    "TCPInfo": "scales= limits=",
    "TCPInfoFull": "scales= limits= ecn=",
    "TpacketBlockDesc": "version=version offset_to_priv=offset_to_priv",
    "Tpacket3Hdr": "rxhash=hv1.tp_rxhash vlan_tci=hv1.tp_vlan_tci vlan_tpid=hv1.tp_vlan_tpid padding=hv1.tp_padding "
    "reserved=tp_padding",
}

# Those of which C's has more members than ours.
_PARTS: Final = {"_Halves", "TCPInfo"}

# The C types on 32-bit ABIs, and on a 32-bit musl, where they are others.
_ON_32_BIT: Final = {"Stat_t": "struct stat64"}
_ON_32_BIT_MUSL: Final = {
    "Timeval": "struct __kernel_old_timeval",
    "Timespec": "struct __kernel_old_timespec",
    "Rusage": "",  # its headers no longer have what the plain symbols take, which is as on a 32-bit glibc
}

# Those that differ from one ABI to the next, or that not every ABI has. GETREGSET fills the registers; an array is the
# one member of a structure.
_BY_ABI: Final = {
    "PtracePsw": {"s390x": "psw_t"},
    "PtraceRegs": {
        **dict.fromkeys(("x86_64", "i386", "riscv64"), "struct user_regs_struct"),
        **dict.fromkeys(("aarch64", "loongarch64"), "struct user_pt_regs"),
        "arm": "struct user_regs",
        "ppc64le": "struct pt_regs",
        "s390x": "s390_regs",
        **dict.fromkeys(("mips64el", "mipsel"), "Member<elf_gregset_t>"),
    },
}

# Structures that C does not have.
WITHOUT_C: Final = {
    "RawSockaddrAny": "Go's own",
    "Termios": "glibc's of old, as in Go; each libc now has another, and the kernel's is translated",
    "Ustat_t": "the kernel's struct ustat, which no header has",
    "Dirent": "the kernel's struct linux_dirent64, which no header has",
}

EXCEPTIONS: Final = (
    _NAMES.keys() | _PARTS | _ON_32_BIT.keys() | _ON_32_BIT_MUSL.keys() | _BY_ABI.keys() | WITHOUT_C.keys()
)

_HALF: Final = "32 bits of the kernel's 64, beside 32 bits of padding that a length leaves 0"
_COPIED: Final = "stat copies the kernel's into Go's, or into more room than the kernel needs"
_SIGN: Final = "as in Go"
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
    Difference("Stat_t size", "glibc musl", "mips64el mipsel", 104, _COPIED),
    *(
        Difference(f"Stat_t.{field} offset", "glibc musl", "mips64el", offset, _COPIED)
        for field, offset in {"mtim": 72, "ctim": 80, "blksize": 88, "blocks": 96}.items()
    ),
    Difference("Stat_t.size sign", "glibc musl", "s390x", 0, _SIGN),
    Difference("Stat_t.blksize sign", "glibc musl", "i386 arm s390x mipsel ppc64le", 0, _SIGN),
    Difference("Stat_t.blocks sign", "glibc musl", "i386 arm mips64el ppc64le", 0, _SIGN),
    *(
        Difference(f"Statfs_t.{field} sign", "glibc musl", "i386 arm mipsel", 0, _SIGN)
        for field in ("type", "bsize", "namelen", "frsize", "flags", "spare element")
    ),
    *(
        Difference(f"Statfs_t.{field} sign", "glibc musl", "mips64el", 1, _SIGN)
        for field in ("blocks", "bfree", "bavail", "files", "ffree")
    ),
    Difference("Statfs_t size", "glibc musl", "arm", 84, "packed, but the kernel takes this size as well"),
    Difference("Statfs_t alignment", "glibc musl", "arm", 4, "packed, where that moves no field"),
    Difference("Statfs_t members", "glibc musl", "mipsel", 13, "one of them padding"),
    Difference("FdSet.bits element sign", "glibc", _ABIS, 1, "bits have no sign"),
)


def headers(directory: Path = PACKAGE) -> list[str]:
    """Those that the docstrings of the modules name, the libc's before the kernel's, which heed what those define."""
    docstrings = [_docstring(source(module, directory)) for module in struct_modules(directory)]
    named = [header for docstring in docstrings for header in re.findall(r"<([\w./]+\.h)>", docstring)]
    return sorted(dict.fromkeys(["netinet/in.h", *named]), key=is_kernel_header)


def kernel_headers(directory: Path = PACKAGE) -> list[str]:
    """The kernel's alone: what they lay out otherwise than the libc, they define only where no libc was before."""
    return ["linux/in.h", "linux/in6.h", *filter(is_kernel_header, headers(directory))]


def _docstring(text: str) -> str:
    return ast.get_docstring(ast.parse(text)) or ""


def is_the_kernels(layout: Layout) -> bool:
    """Whether a structure is laid out as the kernel has it, whatever the libc."""
    opening = _OPENING.match(layout.doc)
    return opening is not None and opening["kernel"] is not None


def c_type(layout: Layout, abi: str, libc: str) -> str | None:
    """What C calls a structure of ours; nothing, where this ABI has none; None, where nobody has said."""
    if layout.name in _BY_ABI:
        return _BY_ABI[layout.name].get(abi, "")
    opening = _OPENING.match(layout.doc)
    if opening is None:
        return None
    if abi in ABIS_32_BIT and layout.name in _ON_32_BIT:
        return _ON_32_BIT[layout.name]
    if abi in ABIS_32_BIT and libc == "musl" and layout.name in _ON_32_BIT_MUSL:
        return _ON_32_BIT_MUSL[layout.name]
    c = opening["c"]
    return f"__typeof__({c})" if "::" in c else c


def c_field(layout: Layout, name: str) -> str:
    """What C calls a field of ours, or nothing: padding has a name of ours alone."""
    named = dict(pair.split("=") for pair in _NAMES.get(layout.name, "").split())
    opening = _OPENING.match(layout.doc)
    prefix = (opening["prefix"] if opening else None) or ""
    return "" if name.startswith("_") else named.get(name, prefix + name)


def claims(layouts: Iterable[Layout], abi: str, libc: str) -> Iterator[Claim]:
    """All that our structures say of C's."""
    c_types = {layout.name: name for layout in layouts if (name := c_type(layout, abi, libc))}
    for layout in layouts:
        if layout.name in c_types:
            yield from _claims(layout, c_types)


def _claims(layout: Layout, c_types: dict[str, str]) -> Iterator[Claim]:
    c = c_types[layout.name]
    if layout.name in _PARTS:
        yield Claim(f"{layout.name} size", f"sizeof({c}) >= {layout.size}", 1)
    else:
        yield Claim(f"{layout.name} size", f"sizeof({c})", layout.size)
        yield Claim(f"{layout.name} alignment", f"alignof({c})", layout.alignment)
        # Without a gap, every byte of C's structure belongs to a field of ours; in a gap C might have one more. What
        # we call padding may be several members of C's, or none.
        is_padded = any(field.name.startswith("_") for field in layout.fields)
        if sum(field.size for field in layout.fields) < layout.size and not is_padded:
            yield Claim(f"{layout.name} members", f"__builtin_structured_binding_size({c})", len(layout.fields))
    for field in layout.fields:
        if theirs := c_field(layout, field.name):
            label = f"{layout.name}.{field.name}"
            yield Claim(f"{label} offset", f"__builtin_offsetof({c}, {theirs.rstrip(':')})", field.offset)
            if not theirs.endswith(":"):
                yield from type_claims(label, field.type, f"__typeof__((({c} *)0)->{theirs})", c_types)


def _unmatched(layout: Layout) -> Failure:
    problem = (
        f"pysyscall/{layout.module.replace('.', '/')}.py: the docstring of {layout.name} does not open with the name "
        f'of its C structure, and what C has before the names of its fields: "struct sockaddr_in (sin_): ..."'
    )
    return Failure(layout.name, problem, True, None)


def disagreements(abi: str, libc: str, directory: Path = PACKAGE) -> list[Failure]:
    """What the headers of this ABI and libc say otherwise of our structures, and structures that C does not know."""
    layouts = [layout for layout in ported(abi, libc, directory).layouts if layout.name not in WITHOUT_C]
    failures = [_unmatched(layout) for layout in layouts if c_type(layout, abi, libc) is None]
    for is_kernel, included in ((False, headers(directory)), (True, kernel_headers(directory))):
        group = [layout for layout in layouts if is_the_kernels(layout) == is_kernel]
        kernels = {layout.name for layout in layouts if is_the_kernels(layout)}
        differences = [row for row in DIFFERENCES if (_owner(row) in kernels) == is_kernel]
        failures += contradictions(abi, libc, included, claims(group, abi, libc), differences)
    return failures


def _owner(row: Difference) -> str:
    return re.split(r"[. ]", row.label)[0]
