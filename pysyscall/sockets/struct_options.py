"""Socket options with a structure: the typed functions that Go has."""

from ctypes import sizeof

from ..base.arguments import instance
from ..clocks.structs import Timeval
from .options import getsockopt, setsockopt
from .structs import IPMreq, IPMreqn, IPv6Mreq, Linger, Ucred

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from ..base.layout import Struct

    Function = TypeVar("Function", bound=Callable[..., Any])


def struct_option(declaration: "Function") -> "Function":
    """Make an option of its declaration: the getter of the structure that it returns, or the setter of its last one.

    The parameters keep their names, so that they can be given by them.
    """
    *_, (name, taken), (_, returned) = declaration.__annotations__.items()
    made: Any = _setter(name, taken) if returned is None else _getter(returned)
    for attribute in ("__name__", "__qualname__", "__module__", "__doc__", "__annotations__"):
        setattr(made, attribute, getattr(declaration, attribute))
    return made  # type: ignore[no-any-return]


def _getter(kind: "type[Struct]") -> "Callable[[int, int, int], Struct]":
    size = sizeof(kind)

    def get(fd: int, level: int, opt: int) -> "Struct":
        # What an older kernel does not fill stays 0.
        return kind.from_buffer_copy(getsockopt(fd, level, opt, size).ljust(size, b"\0"))

    return get


def _setter(name: str, kind: "type[Struct]") -> "Callable[[int, int, int, Struct], None]":
    def set(fd: int, level: int, opt: int, value: "Struct") -> None:
        instance(name, kind, value)
        setsockopt(fd, level, opt, value)

    set.__code__ = set.__code__.replace(co_varnames=("fd", "level", "opt", name))
    return set


@struct_option
def getsockopt_ip_mreq(fd: int, level: int, opt: int) -> IPMreq:
    """getsockopt(2) of a struct ip_mreq. Go GetsockoptIPMreq."""


@struct_option
def setsockopt_ip_mreq(fd: int, level: int, opt: int, mreq: IPMreq) -> None:
    """setsockopt(2) of a struct ip_mreq: IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP. Go SetsockoptIPMreq."""


@struct_option
def getsockopt_ip_mreqn(fd: int, level: int, opt: int) -> IPMreqn:
    """getsockopt(2) of a struct ip_mreqn. Go GetsockoptIPMreqn."""


@struct_option
def setsockopt_ip_mreqn(fd: int, level: int, opt: int, mreq: IPMreqn) -> None:
    """setsockopt(2) of a struct ip_mreqn: as ip_mreq, or IP_MULTICAST_IF by index. Go SetsockoptIPMreqn."""


@struct_option
def getsockopt_ipv6_mreq(fd: int, level: int, opt: int) -> IPv6Mreq:
    """getsockopt(2) of a struct ipv6_mreq. Go GetsockoptIPv6Mreq."""


@struct_option
def setsockopt_ipv6_mreq(fd: int, level: int, opt: int, mreq: IPv6Mreq) -> None:
    """setsockopt(2) of a struct ipv6_mreq: IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP. Go SetsockoptIPv6Mreq."""


@struct_option
def getsockopt_ucred(fd: int, level: int, opt: int) -> Ucred:
    """getsockopt(2) of a struct ucred: SO_PEERCRED. Go GetsockoptUcred."""


@struct_option
def setsockopt_linger(fd: int, level: int, opt: int, l: Linger) -> None:  # noqa: E741  # Go's name for it
    """setsockopt(2) of a struct linger: SO_LINGER. Go SetsockoptLinger."""


@struct_option
def setsockopt_timeval(fd: int, level: int, opt: int, tv: Timeval) -> None:
    """setsockopt(2) of a struct timeval: SO_RCVTIMEO, SO_SNDTIMEO. Go SetsockoptTimeval.

    A call that takes longer raises BlockingIOError. A signal that Python handles restarts the timeout. EDOM: usec is
    outside 0 to 999,999.
    """
