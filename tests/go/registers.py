"""PtraceRegs on each port, as Go has it, and we; and where we have it otherwise on purpose, and why."""

from typing import Final, NamedTuple

from tests.abi.ported import CType, Elements, Integer, Record, ported

from .ports import PORTS, listing


class Departure(NamedTuple):
    """The fields of a port's registers that Go has and we have not, those that we have instead, and why."""

    port: str
    go: tuple[str, ...]
    ours: tuple[str, ...]
    reason: str


_CORE_DUMP: Final = "Go has an old core dump's structure, in which the kernel fills 45 registers alone: PC() stays 0"
_CORE_FIELDS: Final = "u_tsize u_dsize u_ssize start_code start_data start_stack signal u_ar0 magic u_comm"

DEPARTURES: Final = (
    Departure("mips64le", ("regs", *_CORE_FIELDS.split()), ("regs",), _CORE_DUMP),
    Departure("mipsle", ("regs", *_CORE_FIELDS.split()), ("regs",), _CORE_DUMP),
    Departure("s390x", ("fp_regs", "per_info", "ieee_instruction_pointer"), (), "what the kernel does not fill"),
)


def go_fields(port: str) -> dict[str, str]:
    """Go's fields, in our spelling, with their types."""
    return {
        declaration.name.removeprefix("PtraceRegs.").lower(): declaration.signature
        for declaration in listing(port).declarations
        if declaration.kind == "field" and declaration.name.startswith("PtraceRegs.")
    }


def own_fields(port: str) -> dict[str, str]:
    """Ours, with Go's types. `pc_` is Go's Pc: `pc` is a method."""
    structures = {layout.name: layout for layout in ported(PORTS[port], "gnu").layouts}
    return {field.name.rstrip("_"): _type(field.type) for field in structures["PtraceRegs"].fields}


def _type(kind: CType) -> str:
    match kind:
        case Integer(size, is_signed):
            return f"{'' if is_signed else 'u'}int{8 * size}"
        case Elements(element, length):
            return f"[{length}]{_type(element)}"
        case Record(name):
            return name
    raise TypeError(kind)


def differing(port: str) -> list[str]:
    """The fields that are not where Go has them, or of another type, but for those that depart on purpose."""
    go, ours = list(go_fields(port).items()), list(own_fields(port).items())
    for departure in DEPARTURES:
        if departure.port == port:
            go = [field for field in go if field[0] not in departure.go]
            ours = [field for field in ours if field[0] not in departure.ours]
    places = range(max(len(go), len(ours)))
    return [str((go[i : i + 1], ours[i : i + 1])) for i in places if go[i : i + 1] != ours[i : i + 1]]
