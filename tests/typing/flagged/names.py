"""Names that the package does not have, and constants that do not change."""

from typing import Literal

import pysyscall as syscall
from pysyscall import AF_INTE  # error: attr-defined
from pysyscall import SockaddrInet  # error: attr-defined

syscall.AF_INTE6  # error: attr-defined
syscall.SO_REUSEADR  # error: attr-defined
syscall.Socket  # error: attr-defined
syscall.recvFrom  # error: attr-defined
syscall.SockaddrInet5  # error: attr-defined
syscall.no_attribute  # error: attr-defined
syscall._raw  # error: attr-defined

inet: Literal[2] = syscall.AF_INET
inet6: Literal[2] = syscall.AF_INET6  # error: assignment
differs_by_abi: Literal[1] = syscall.SOL_SOCKET  # error: assignment
same_type: int = syscall.SOL_SOCKET
name: str = syscall.SOL_SOCKET  # error: assignment

syscall.AF_INET = 10  # error: misc
syscall.SOL_SOCKET = 0xFFFF  # error: misc
syscall.close = print  # error: assignment
