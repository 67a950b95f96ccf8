"""What our declarations claim of C, in expressions whose values the compiler of an ABI checks.

The C headers are read as C++, the one language that can take the type of a function apart and count the members of a
structure. The headers mean the same in both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from .check import Failure, check, equals
from .ported import CType, Elements, Integer, Pointer, Record

# What has no elements, no sign or no such parameter has no definition here, so that the claim does not compile.
TEMPLATES: Final = """
template<class T> requires(__is_integral(T) || __is_enum(T)) constexpr int is_signed = T(-1) < T(0);

template<class T> struct Elements;
template<class T, decltype(sizeof 0) N> struct Elements<T[N]> { using type = T; static constexpr auto count = N; };
template<> struct Elements<in_addr> : Elements<unsigned char[4]> {};
template<> struct Elements<in6_addr> : Elements<unsigned char[16]> {};

template<class T> struct Member { T regs; };

template<class F> struct Signature;
template<class R, class... A> struct Signature<R(A...)> {
    using result = R;
    static constexpr int count = sizeof...(A);
    template<int I> requires(I < count) using parameter = __type_pack_element<I, A...>;
    static constexpr bool is_variadic = false;
};
template<class R, class... A> struct Signature<R(A..., ...)> : Signature<R(A...)> {
    static constexpr bool is_variadic = true;
};
template<class R, class... A> struct Signature<R(A...) noexcept> : Signature<R(A...)> {};
template<class R, class... A> struct Signature<R(A..., ...) noexcept> : Signature<R(A..., ...)> {};
"""


class Claim(NamedTuple):
    """That an expression has this value; label: the declaration that says so, and what of it."""

    label: str
    expression: str
    value: int


class Difference(NamedTuple):
    """A claim that is not so everywhere, with what C has instead, and why ours works with it all the same."""

    label: str
    libcs: str
    abis: str
    theirs: int
    why: str


def type_claims(label: str, ours: CType, theirs: str, record: dict[str, str]) -> Iterator[Claim]:
    """That a type of C is as ours. record: the C types of our structures."""
    if isinstance(ours, Integer):
        yield Claim(f"{label} size", f"sizeof({theirs})", ours.size)
        is_char = f"__is_same(__remove_cv({theirs}), char)"
        if ours.is_signed is None:
            yield Claim(f"{label} char", is_char, 1)
        else:
            sign = int(ours.is_signed)
            yield Claim(f"{label} sign", f"{is_char} ? {sign} : is_signed<{theirs}>", sign)
    elif isinstance(ours, Pointer):
        yield Claim(f"{label} pointer", f"__is_pointer({theirs})", 1)
        if ours.target:
            yield from type_claims(f"{label} target", ours.target, f"__remove_pointer({theirs})", record)
    elif isinstance(ours, Elements):
        yield Claim(f"{label} length", f"Elements<{theirs}>::count", ours.length)
        yield from type_claims(f"{label} element", ours.element, f"Elements<{theirs}>::type", record)
    elif isinstance(ours, Record) and ours.name in record:
        yield Claim(f"{label} type", f"__is_same({theirs}, {record[ours.name]})", 1)


def contradictions(
    abi: str, libc: str, headers: Iterable[str], claims: Iterable[Claim], differences: Iterable[Difference]
) -> list[Failure]:
    """The claims that do not hold after these headers, and the differences that are none."""
    expected: dict[str, Claim] = {}
    for claim in claims:
        if expected.setdefault(claim.label, claim) is not claim:
            raise ValueError(f"{claim.label}: there are two of that name")
    stale = []
    for row in differences:
        if libc not in row.libcs.split() or abi not in row.abis.split():
            continue
        if row.label not in expected or expected[row.label].value == row.theirs:
            stale.append(Failure(row.label, "is in the table of differences, but there is none", False, None))
        else:
            expected[row.label] = expected[row.label]._replace(value=row.theirs)
    assertions = [equals(*claim) for claim in expected.values()]
    return check(abi, libc, headers, assertions, templates=TEMPLATES) + stale
