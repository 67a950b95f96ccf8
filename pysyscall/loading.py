"""How modules of this package are loaded: at once, or when one of their names is first asked for.

The second can be at any moment: in a signal handler, in a `__del__` as the interpreter ends, after a chroot, with no
descriptor left to open a file with. So what programs with sockets and descriptors call is in memory at once: what most
of them call is executed; of the rest the byte code is held, and executed when it is first asked for. That needs no
file, and a program pays for no class that it does not use.

What few programs call is loaded late, from its file. Where that is not possible the ImportError says what to do.
Signals wait until a module is complete: a handler that asks for the same one would find it half made and locked.
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

_MOST_BYTES = 1 << 16  # of byte code; what is longer, and so does not unmarshal, `import` reads

# What held modules import of Python's own. All of it is loaded by those that are executed at once.
_STANDARD = ("_collections_abc", "ctypes", "os", "struct", "sys", "time")

_loading: "set[tuple[str, int]]" = set()
_held: "dict[str, ModuleType]" = {}
_byte_code: "dict[str, bytes]" = {}  # of those that are not executed yet
_needed: "dict[str, ModuleType]" = {}  # by those
_lock = RLock()


def load(module: str, name: str) -> "ModuleType":
    """A module, loaded now because of this name in it, or ImportError."""
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
    """Load modules of a package that is being imported itself, each listed after those that it imports; hold others.

    As `import` does it, in a third of the time: it need not look for what is known to lie in the package, nor lock it,
    as whoever else wants one of these waits for the package. What is listed too late, `import` loads, and all of a
    package that does not lie in plain files.
    """
    collecting = gc.isenabled()
    gc.disable()  # what is loaded stays: the collector would look through it five times, and find nothing
    try:
        _undisturbed(_load_at_once, package, names, held)
    finally:
        if collecting:
            gc.enable()


def _undisturbed(function: "Callable[..., None]", *arguments: object) -> None:
    """Call a function while signals wait."""
    mask = pthread_sigmask(SIG_BLOCK, ())
    try:
        pthread_sigmask(SIG_BLOCK, valid_signals())  # handlers of those that came before run in here, and may raise
        function(*arguments)
    finally:
        pthread_sigmask(SIG_SETMASK, mask)


def _once(function: "Callable[[str], object]", module: str) -> None:
    """Call a function that loads this module, unless this thread is in the middle of that."""
    this = module, get_ident()
    if this in _loading:
        # By a signal that another thread took, or a `__del__` that the garbage collector called.
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
            # A subject's package that is not listed itself holds nothing but its docstring: not worth a file to read.
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
    _needed.update({name: module for name, module in sys.modules.items() if name.startswith(package.__name__)})
    _needed.update({name: sys.modules[name] for name in _STANDARD})


def _hold(module: "Any", compiled: bytes) -> None:
    """Let a module be executed when it is asked for a name that it does not have yet, by `import` too."""
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
    """Execute a module that is held, if no other thread has done so."""
    with _lock:
        if name not in _byte_code:
            return
        module: Any = _held[name]
        if sys.is_finalizing():  # when it forgets its modules before it deletes the last objects
            sys.modules.update(_needed)
        exec(_code(_byte_code[name], module.__file__), module.__dict__)
        del module.__getattr__, module.__dir__, _byte_code[name]


def _new_module(name: str, file: str, directory: "str | None" = None) -> "Any":
    """A module as `import` begins one; a package where it has a directory."""
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
    """The byte code of a source file, where it is certain to be of this one; `import` decides the other cases."""
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
