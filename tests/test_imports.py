"""Who imports whom: downwards only, cheaply, and with no name in the way of another."""

import ast
import builtins
import os
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from zipfile import ZipFile

import pytest

import pysyscall as syscall

from .make_stubs import ROOT

PACKAGE = ROOT / "pysyscall"

# The floors of the house, from the ground up: a module imports from its own floor, or from those below. The subjects
# stand one on another; below them are base and the constants, above them the face.
FLOORS = (
    ("base.abi", "base.arguments", "loading"),
    ("constants",),
    ("base",),
    ("clocks", "system"),
    ("raw",),
    ("processes",),
    ("io",),
    ("files", "memory", "terminals"),
    ("mounts",),
    ("sockets",),
    ("netlink",),
    ("net",),
    ("packets",),
    ("strings", "environment"),
)

# What stands on the whole package.
TOP = ("pysyscall", "__main__", "lookup", "machine")

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
    name = module.removeprefix("pysyscall.")
    if name in TOP:
        return len(FLOORS)
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
    assert GRAPH["pysyscall"] >= {"pysyscall.loading"}
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


def test_what_programs_with_sockets_and_descriptors_call_is_loaded_at_once() -> None:
    loaded = loaded_by("import pysyscall")
    calls = {
        "sockets.sockets",
        "sockets.messages",
        "sockets.options",
        "sockets.control",
        "io.descriptors",
        "io.waiting",
    }
    assert {f"pysyscall.{module}" for module in calls | {"system.errnos", "constants.common"}} <= loaded
    late = {"pysyscall.netlink", "pysyscall.packets", "pysyscall.raw", "pysyscall.constants.other"}
    assert late.isdisjoint(loaded)
    using = (
        "socket socketpair bind listen connect accept4 recvfrom sendto recvmsg sendmsg setsockopt_int getsockname read"
    )
    using += (
        " write close pipe2 epoll_wait EpollEvent SockaddrInet4 SockaddrUnix unix_rights Timeval Errno AF_INET EPOLLIN"
    )
    assert loaded_by(f"from pysyscall import {using.replace(' ', ', ')}") == loaded


def test_what_is_loaded_at_once_is_listed_after_what_it_needs() -> None:
    """`import` would load it too, and more slowly. What is held needs no file but its own."""
    listed = [f"pysyscall.{name}" for name in syscall._AT_ONCE]  # type: ignore[attr-defined]
    held = {f"pysyscall.{name}" for name in syscall._HELD}  # type: ignore[attr-defined]
    for module in held:
        assert GRAPH[module] <= {*listed, *held}, module
    for place, module in enumerate(listed):
        needed = {name for name in GRAPH[module] if not name.startswith(f"{module}.")}
        assert needed - {"pysyscall.loading"} <= set(listed[:place]), module


def test_what_is_held_is_executed_when_it_is_asked_for_a_name_or_for_all() -> None:
    code = """if True:
        import sys
        import pysyscall
        from pysyscall.io import waiting
        assert "epoll_wait" not in vars(waiting)
        assert "epoll_wait" in dir(waiting)
        assert waiting.epoll_wait is pysyscall.epoll_wait is vars(waiting)["epoll_wait"]
        assert "SockaddrNetlink" not in vars(pysyscall.sockets.rare_addresses)
        address = pysyscall.Sockaddr.from_bytes(pysyscall.AF_NETLINK.to_bytes(2, sys.byteorder) + bytes(10))
        assert type(address) is pysyscall.SockaddrNetlink is pysyscall.sockets.rare_addresses.SockaddrNetlink
        assert type(pysyscall.Sockaddr.from_bytes(bytes(16))) is pysyscall.SockaddrBytes
        try:
            pysyscall.sockets.control.no_such_name
        except AttributeError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == "module 'pysyscall.sockets.control' has no attribute 'no_such_name'\n"


def test_a_package_that_is_not_listed_itself_holds_only_its_docstring() -> None:
    """It is not executed."""
    listed = {f"pysyscall.{name}" for name in syscall._AT_ONCE}  # type: ignore[attr-defined]
    packages = {module.rpartition(".")[0] for module in listed} - listed - {"pysyscall"}
    assert {"pysyscall.io", "pysyscall.sockets"} <= packages
    for package in packages:
        tree = ast.parse(modules()[package].read_text())
        assert [type(statement) for statement in tree.body] == [ast.Expr], package


@pytest.mark.parametrize("module", ["sockets", "sockets.options", "constants", "constants.common", "io.waiting"])
def test_a_module_that_is_loaded_at_once_is_as_import_makes_it(module: str) -> None:
    code = """if True:
        import importlib
        import pysyscall
        def described():
            module = sys.modules[name]
            spec = module.__spec__
            found = [getattr(module, each, None) for each in ("__file__", "__package__", "__path__")]
            found += [spec.name, spec.origin, spec.cached, spec.submodule_search_locations, spec.has_location]
            return [*found, type(spec.loader), spec.loader.get_filename(), module.__loader__ is spec.loader]
        parent = sys.modules[name.rpartition(".")[0]]
        assert getattr(parent, name.rpartition(".")[2]) is sys.modules[name]
        at_once = described()
        del sys.modules[name]
        importlib.import_module(name)
        print(at_once == described() or (at_once, described()))
    """
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); name = 'pysyscall.{module}'"
    command = [sys.executable, "-c", f"{start}; exec({code!r})"]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == "True\n"


def test_byte_code_that_is_not_of_this_source_is_not_taken(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "pysyscall", ignore=shutil.ignore_patterns("__pycache__"))
    code = "from pysyscall import close; print(close.__doc__[:4], close.__code__.co_filename)"
    command = [sys.executable, "-c", code]
    source = tmp_path / "pysyscall" / "io" / "descriptors.py"
    writing = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    def said(directory: Path) -> str:
        done = subprocess.run(command, cwd=directory, env=writing, check=True, capture_output=True, text=True)
        return done.stdout

    assert said(tmp_path) == said(tmp_path) == f"clos {source}\n"
    assert list((tmp_path / "pysyscall" / "io" / "__pycache__").glob("descriptors.*"))
    source.write_text(source.read_text().replace('"""close(2)', '"""CLOSE(2)'))  # of the same length
    os.utime(source, (1, 1))
    assert said(tmp_path) == f"CLOS {source}\n"
    for cached in (tmp_path / "pysyscall" / "io" / "__pycache__").glob("descriptors.*"):
        cached.write_bytes(cached.read_bytes()[:10])
    assert said(tmp_path) == f"CLOS {source}\n"
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    (tmp_path / "pysyscall").rename(moved / "pysyscall")
    assert said(moved) == f"CLOS {moved / 'pysyscall' / 'io' / 'descriptors.py'}\n"


def test_the_package_works_in_a_zip_file(tmp_path: Path) -> None:
    with ZipFile(tmp_path / "packed.zip", "w") as archive:
        for path in PACKAGE.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, path.relative_to(ROOT))
    code = (
        "import pysyscall as s; print(s.__file__); s.close(s.socket(s.AF_INET, s.SOCK_DGRAM)); s.PacketRing, s.SYS_READ"
    )
    code = f"import sys; sys.path.insert(0, {str(tmp_path / 'packed.zip')!r}); {code}"
    said = subprocess.run([sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True).stdout
    assert said.startswith(str(tmp_path / "packed.zip"))


def test_a_star_takes_neither_the_usual_name_of_the_package_nor_names_of_pythons() -> None:
    namespace: dict[str, object] = {}
    exec("import pysyscall as syscall\nfrom pysyscall import *", namespace)
    assert namespace["syscall"] is syscall
    assert namespace["recvfrom"] is syscall.recvfrom
    left_out = set(dir(syscall)) - set(syscall.__all__) - {"syscall", "__version__"}  # type: ignore[attr-defined]
    assert left_out == {name for name in dir(syscall) if hasattr(builtins, name)}


def test_a_star_loads_everything() -> None:
    loaded = loaded_by("from pysyscall import *")
    assert set(GRAPH) - {f"pysyscall.{name}" for name in TOP} <= loaded


def test_nothing_that_takes_long_is_ever_loaded() -> None:
    loaded = loaded_by("import pysyscall; [getattr(pysyscall, name) for name in dir(pysyscall)]")
    assert set(GRAPH) - {f"pysyscall.{name}" for name in TOP} <= loaded
    assert loaded.intersection(NEVER_LOADED) == set()


def test_what_the_face_has_is_loaded_once() -> None:
    assert syscall.htons is syscall.htons is vars(syscall)["htons"]
    with pytest.raises(AttributeError, match="module 'pysyscall' has no attribute 'no_such_call'"):
        syscall.no_such_call  # type: ignore[attr-defined]  # noqa: B018


def test_every_name_of_the_table_is_in_its_module() -> None:
    for module, names in syscall._NAMES.items():  # type: ignore[attr-defined]
        for name in names.split():
            assert getattr(syscall, name) is vars(import_module(f"pysyscall.{module}"))[name]


def test_using_the_package_does_not_load_socket() -> None:
    calls = "import pysyscall as s; s.parse_ip('::1'); s.interfaces(); s.resolve_tcp_addr('tcp', '127.0.0.1:80')"
    assert loaded_by(calls).intersection({"socket", "_socket"}) == set()
