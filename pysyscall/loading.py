"""How modules of this package are loaded: at once, or when one of their names is first asked for.

The second can be at any moment: in a signal handler, in a `__del__` as the interpreter ends, after a chroot, with no
descriptor left to open a file with. So what most programs call is loaded at once. For the rest, signals wait until a
load has ended, as a handler that asks for the same module would find it half made and its import lock held; and where
no load is possible the ImportError says what to do.
"""

import gc
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import MAGIC_NUMBER, SourceFileLoader
from _thread import get_ident
from marshal import loads
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

_loading: "set[tuple[str, int]]" = set()


def load(module: str, name: str) -> "ModuleType":
    """A module, loaded now because of this name in it, or ImportError."""
    try:
        _undisturbed(_import, module)
    except (ImportError, OSError) as error:
        raise ImportError(
            f"{name} is loaded only now, and cannot be: {error}; {_ADVICE} {name}", name=module
        ) from error
    return sys.modules[module]


def load_at_once(package: "ModuleType", names: "tuple[str, ...]") -> None:
    """Load modules of a package that is being imported itself, each listed after those that it imports.

    As `import` does it, in a third of the time: it need not look for what is known to lie in the package, nor lock it,
    as whoever else wants one of these waits for the package. What is listed too late, `import` loads, and all of a
    package that does not lie in plain files.
    """
    collecting = gc.isenabled()
    gc.disable()  # what is loaded stays: the collector would look through it five times, and find nothing
    try:
        _undisturbed(_load_at_once, package, names)
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


def _import(module: str) -> None:
    this = module, get_ident()
    if this in _loading:
        # By a signal that another thread took, or a `__del__` that the garbage collector called.
        raise ImportError("this thread was interrupted while loading it", name=module)
    _loading.add(this)
    try:
        __import__(module)
    finally:
        _loading.discard(this)


def _load_at_once(package: "ModuleType", names: "tuple[str, ...]") -> None:
    spec: Any = package.__spec__  # from CPython 3.15 on the package has no __cached__
    if type(spec.loader) is not SourceFileLoader:
        for name in names:
            __import__(f"{package.__name__}.{name}")
        return
    top, suffix = package.__path__[0], (spec.cached or "").rpartition("__init__")[2]
    packages = {name.rpartition(".")[0] for name in names}
    for name in names:
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
            code = _compiled(source, f"{directory}/__pycache__/{base}{suffix}")
            exec(code or module.__loader__.get_code(full), module.__dict__)
        except BaseException:
            sys.modules.pop(full, None)
            raise
        setattr(sys.modules[parent], last, module)


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


def _compiled(source: str, cached: str) -> "CodeType | None":
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
        code: CodeType | None = loads(memoryview(kept)[16:]) if kept[:16] == head else None
    except (OSError, EOFError, ValueError, TypeError):
        return None
    return code if code and code.co_filename == source else None
