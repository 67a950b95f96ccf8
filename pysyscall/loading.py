"""Loads the modules of this package: when it is imported, or when one of their names is first used.

A first use may come at any moment: in a signal handler, in a `__del__` at interpreter exit, after a chroot, with no
descriptor left to open a file. So everything that programs with sockets and descriptors call is read when the package
is imported. The modules that most of them need are executed; the others are held as byte code, and executed on first
use. That needs no file, and a program does not pay for classes that it does not use.

Modules that few programs need are loaded from their files on first use. If that is not possible, the ImportError says
what to do. Signals are blocked until a module is complete: a handler that used the same one would find half of it.
"""

import gc
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader
from _imp import _fix_co_filename  # type: ignore[attr-defined]
from _thread import RLock, get_ident
from marshal import dumps, loads
from os import O_CLOEXEC, O_RDONLY, close, open, read, stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from signal import SIG_BLOCK, SIG_SETMASK, pthread_sigmask, valid_signals
    from types import CodeType, ModuleType
    from typing import Any
else:
    from _signal import SIG_BLOCK, SIG_SETMASK, pthread_sigmask, valid_signals  # signal imports enum, which takes long

_ADVICE = """a program that changes its root or user, may run out of descriptors, or calls it in a signal handler or \
as it ends, loads it before: from pysyscall import"""

_MOST_BYTES = 1 << 16  # of byte code; `import` reads longer files

# The modules of the standard library that held modules import. The modules that are executed at once load them.
_STANDARD = ("_collections_abc", "ctypes", "os", "struct", "sys", "time")

_loading: "set[tuple[str, int]]" = set()
_held: "dict[str, ModuleType]" = {}
_byte_code: "dict[str, bytes]" = {}  # of held modules that are not executed yet
_needed: "dict[str, ModuleType]" = {}  # what they import
_lock = RLock()


def load(module: str, name: str) -> "ModuleType":
    """Load a module for this name in it, and return the module; otherwise raise ImportError."""
    try:
        if module in _held:
            _undisturbed(_once, _execute, module)
            return _held[module]
        _undisturbed(_once, __import__, module)
        return sys.modules[module]
    except (ImportError, OSError) as error:
        raise ImportError(
            f"{name} is loaded only now, and cannot be: {error}; {_ADVICE} {name}", name=module
        ) from error


def load_at_once(package: "ModuleType", names: "tuple[str, ...]", held: "tuple[str, ...]") -> None:
    """Load modules of a package that is being imported, each listed after those that it imports; hold others.

    It does what `import` does in a third of the time. It need not search, as the modules are in the package's
    directory, and needs no locks, as other threads wait for the package. `import` loads modules that are listed too
    late, and the whole package if it is not in plain files.
    """
    _undisturbed(_load_at_once, package, names, held)


def _undisturbed(function: "Callable[..., None]", *arguments: object) -> None:
    """Call a function while signals are blocked, and the garbage collector is off, which may call a `__del__`.

    The collector would also traverse the new objects several times, and free none of them.
    """
    mask, collecting = pthread_sigmask(SIG_BLOCK, ()), gc.isenabled()
    try:
        pthread_sigmask(SIG_BLOCK, valid_signals())  # handlers of pending signals run in this call, and may raise
        gc.disable()
        function(*arguments)
    finally:
        if collecting:
            gc.enable()
        pthread_sigmask(SIG_SETMASK, mask)


def _once(function: "Callable[[str], object]", module: str) -> None:
    """Call a function that loads this module, unless this thread is loading it already."""
    this = module, get_ident()
    if this in _loading:
        # By the handler of a signal that another thread received.
        raise ImportError("this thread was interrupted while loading it", name=module)
    _loading.add(this)
    try:
        function(module)
    finally:
        _loading.discard(this)


def _load_at_once(package: "ModuleType", names: "tuple[str, ...]", held: "tuple[str, ...]") -> None:
    spec: Any = package.__spec__  # from CPython 3.15 on the package has no __cached__
    if type(spec.loader) is not SourceFileLoader:
        for name in (*names, *held):
            __import__(f"{package.__name__}.{name}")
        return
    top, suffix = package.__path__[0], (spec.cached or "").rpartition("__init__")[2]
    packages = {name.rpartition(".")[0] for name in names}
    for name in (*held, *names):
        full = f"{package.__name__}.{name}"
        if full in sys.modules:
            continue
        parent, _, last = full.rpartition(".")
        if parent not in sys.modules:
            # A subject's package that is not listed holds only its docstring: its file is not read.
            subject = name.rpartition(".")[0]
            setattr(package, subject, _new_module(parent, f"{top}/{subject}/__init__.py", f"{top}/{subject}"))
        directory, base = f"{top}/{name.replace('.', '/')}", "__init__"
        if name not in packages:
            directory, _, base = directory.rpartition("/")
        source = f"{directory}/{base}.py"
        module = _new_module(full, source, directory if name in packages else None)
        try:
            compiled = _compiled(source, f"{directory}/__pycache__/{base}{suffix}")
            if name in held:
                _hold(module, compiled or dumps(module.__loader__.get_code(full)))
            else:
                exec(_code(compiled, source) if compiled else module.__loader__.get_code(full), module.__dict__)
        except BaseException:
            sys.modules.pop(full, None)
            raise
        setattr(sys.modules[parent], last, module)
    own = f"{package.__name__}."
    for name, found in sys.modules.items():
        # With its submodules: from CPython 3.14 on, C code imports ctypes._layout for each structure.
        if name.startswith(own) or name.partition(".")[0] in _STANDARD:
            _needed[name] = found


def _hold(module: "Any", compiled: bytes) -> None:
    """Let a module be executed when a name that it does not have yet is used, also by `import`."""
    name = module.__name__
    _held[name], _byte_code[name] = module, compiled

    def __getattr__(attribute: str) -> object:
        load(name, attribute)
        try:
            return vars(module)[attribute]
        except KeyError:
            message = f"module {name!r} has no attribute {attribute!r}"
            raise AttributeError(message, name=attribute, obj=module) from None

    def __dir__() -> "list[str]":
        load(name, "*")
        return sorted(vars(module))

    module.__getattr__, module.__dir__ = __getattr__, __dir__


def _execute(name: str) -> None:
    """Execute a held module, unless another thread has done so."""
    with _lock:
        if name not in _byte_code:
            return
        module: Any = _held[name]
        if sys.is_finalizing():  # Python clears sys.modules before it deletes the last objects
            sys.modules.update(_needed)
        exec(_code(_byte_code[name], module.__file__), module.__dict__)
        del module.__getattr__, module.__dir__, _byte_code[name]


def _new_module(name: str, file: str, directory: "str | None" = None) -> "Any":
    """Create a module as `import` does, before it is executed; a package if it has a directory."""
    module: Any = type(sys)(name)
    module.__file__ = file
    module.__loader__ = SourceFileLoader(name, file)
    module.__spec__ = ModuleSpec(name, module.__loader__, origin=file)
    module.__spec__.has_location = True
    module.__package__ = name if directory else name.rpartition(".")[0]
    if directory:
        module.__path__ = module.__spec__.submodule_search_locations = [directory]
    sys.modules[name] = module
    return module


def _compiled(source: str, cached: str) -> "bytes | None":
    """Return the byte code of a source file if it is up to date; otherwise None, and `import` decides."""
    try:
        fd = open(cached, O_RDONLY | O_CLOEXEC)
        try:
            kept = read(fd, _MOST_BYTES)  # half of what a file object costs
        finally:
            close(fd)
        status = stat(source)
        modified, size = int(status.st_mtime) & 0xFFFF_FFFF, status.st_size & 0xFFFF_FFFF
        head = MAGIC_NUMBER + bytes(4) + modified.to_bytes(4, "little") + size.to_bytes(4, "little")
        return kept[16:] if kept[:16] == head and len(kept) < _MOST_BYTES else None
    except OSError:
        return None


def _code(compiled: bytes, source: str) -> "CodeType":
    code: CodeType = loads(compiled)
    _fix_co_filename(code, source)  # as `import` does: the package may have been moved
    return code
