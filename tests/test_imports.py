"""Who imports whom: downwards only, cheaply, and with no name in the way of another."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pysyscall as syscall

from .make_stubs import ROOT

PACKAGE = ROOT / "pysyscall"

# The floors of the house, from the ground up: a module imports from its own floor, or from those below. The subjects
# stand one on another; below them are base and the constants, above them the face.
FLOORS = (
    ("base.abi", "base.arguments"),
    ("constants",),
    ("base",),
    ("clocks", "system"),
    ("processes",),
    ("io",),
    ("sockets",),
    ("netlink",),
    ("net",),
    ("packets",),
    ("raw",),
)

# Most take longer to import than the package; and a program on this package has no other way to a socket.
NEVER_LOADED = {
    *("socket", "_socket", "selectors"),
    *("typing", "enum", "re", "dataclasses", "inspect", "functools", "collections", "ipaddress", "pathlib"),
}


def modules() -> dict[str, Path]:
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def floor(module: str) -> int:
    if module in {"pysyscall", "pysyscall.__main__"}:
        return len(FLOORS)
    name = module.removeprefix("pysyscall.")
    return next(n for n, floor in enumerate(FLOORS) if any(f"{name}.".startswith(f"{each}.") for each in floor))


def imported_at_run_time(module: str, path: Path) -> set[str]:
    """The modules of the package that a module imports, within functions too, but not under `if TYPE_CHECKING`."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
            origin = package[: len(package) - node.level + 1] if node.level else []
            origin += [node.module] if node.module else []
            for alias in node.names:
                submodule = ".".join([*origin, alias.name])
                found.add(submodule if submodule in modules() else ".".join(origin))
        waiting += ast.iter_child_nodes(node)
    return {name for name in found if name in modules()} - {module}


GRAPH = {module: imported_at_run_time(module, path) for module, path in modules().items()}


def test_there_is_a_graph_to_look_at() -> None:
    assert GRAPH["pysyscall.sockets.sockets"] >= {
        "pysyscall.sockets.libc",
        "pysyscall.base.errors",
        "pysyscall.sockets.addresses",
    }
    assert GRAPH["pysyscall"] >= {"pysyscall.base.abi", "pysyscall.constants"}
    assert GRAPH["pysyscall.clocks.structs"] == {"pysyscall.base.layout"}


@pytest.mark.parametrize("module", GRAPH)
def test_a_module_imports_only_from_below_or_from_beside_it(module: str) -> None:
    above = {imported for imported in GRAPH[module] if floor(imported) > floor(module)}
    assert above == set()


def test_no_two_modules_need_each_other() -> None:
    left = {module: set(imports) for module, imports in GRAPH.items()}
    while free := {module for module, imports in left.items() if not imports}:
        left = {module: imports - free for module, imports in left.items() if module not in free}
    assert left == {}


def test_no_submodule_bears_a_public_name() -> None:
    """`import pysyscall.socket` would put the module where the function was."""
    public = {name for name in dir(syscall) if not isinstance(getattr(syscall, name), type(syscall))}
    assert {part for module in modules() for part in module.split(".")[1:]} & public == set()


def loaded_by(statement: str) -> set[str]:
    """The modules that a statement loads into a Python that has none but its own."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); before = {{*sys.modules}}; {statement}; "
    code += "print(*{*sys.modules} - before)"
    command = [sys.executable, "-I", "-S", "-c", code]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_importing_the_package_loads_only_its_face() -> None:
    loaded = {name for name in loaded_by("import pysyscall") if name.startswith(("pysyscall", "ctypes"))}
    assert loaded == {"pysyscall", "pysyscall.base", "pysyscall.base.abi", "pysyscall.constants"}


def test_asking_for_a_call_loads_what_it_needs_and_no_more() -> None:
    loaded = loaded_by("from pysyscall import AF_INET, socket")
    assert {"pysyscall.sockets.sockets", "pysyscall.sockets.libc"} <= loaded
    assert {"pysyscall.net", "pysyscall.packets", "pysyscall.sockets.control"}.isdisjoint(loaded)


def test_who_has_opened_a_socket_needs_no_file_of_the_package_any_more() -> None:
    code = """if True:
        import pysyscall as syscall
        left, right = syscall.socketpair(syscall.AF_UNIX, syscall.SOCK_DGRAM)
        sys.path.clear()
        syscall.__path__.clear()  # as after a chroot, or without the right to read it
        syscall.setsockopt_int(left, syscall.SOL_SOCKET, syscall.SO_SNDBUF, 5000)
        syscall.sendto(left, b"hello", 0, None)
        assert syscall.recvfrom(right, bytearray(9)) == (5, None)
        epfd = syscall.epoll_create1(syscall.O_CLOEXEC)
        syscall.SockaddrInet4(80, bytes(4))
        try:
            syscall.read(-1, bytearray(1))
        except OSError as error:
            assert syscall.Errno(error.errno) == syscall.EBADF
        for fd in (left, right, epfd):
            syscall.close(fd)
        syscall.EPOLLIN, syscall.IPPROTO_TCP
        try:
            syscall.PacketRing
        except ImportError as error:
            print(error)
    """
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); exec({code!r})"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.startswith(
        "PacketRing is loaded only now, and cannot be: No module named 'pysyscall.packets'; a program"
    )


def test_a_star_loads_everything() -> None:
    loaded = loaded_by("from pysyscall import *")
    assert set(GRAPH) - {"pysyscall.__main__"} <= loaded


def test_nothing_that_takes_long_is_ever_loaded() -> None:
    loaded = loaded_by("import pysyscall; [getattr(pysyscall, name) for name in dir(pysyscall)]")
    assert set(GRAPH) - {"pysyscall.__main__"} <= loaded
    assert loaded.intersection(NEVER_LOADED) == set()


def test_the_face_is_the_same_for_type_checkers_and_at_run_time() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    (branch,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {
        alias.name: node.module
        for node in branch.body
        if isinstance(node, ast.ImportFrom) and node.module != "constants"
        for alias in node.names
    }
    assert len(typed) > 150
    assert typed == syscall._MODULES  # type: ignore[attr-defined]


def test_what_the_face_has_is_loaded_once() -> None:
    assert syscall.htons is syscall.htons is vars(syscall)["htons"]
    with pytest.raises(AttributeError, match="module 'pysyscall' has no attribute 'no_such_call'"):
        syscall.no_such_call  # type: ignore[attr-defined]  # noqa: B018


def test_using_the_package_does_not_load_socket() -> None:
    calls = "import pysyscall as s; s.parse_ip('::1'); s.interfaces(); s.resolve_tcp_addr('tcp', '127.0.0.1:80')"
    assert loaded_by(calls).intersection({"socket", "_socket"}) == set()
