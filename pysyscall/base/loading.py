"""How modules of this package are loaded: at once, or when one of their names is first asked for.

The second can be at any moment: in a signal handler, in a `__del__` as the interpreter ends, after a chroot, with no
descriptor left to open a file with. So what most programs call is loaded at once. For the rest, signals wait until a
load has ended, as a handler that asks for the same module would find it half made and its import lock held; and where
no load is possible the ImportError says what to do.
"""

import sys
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from signal import SIG_BLOCK, SIG_SETMASK, pthread_sigmask, valid_signals
    from types import ModuleType
    from typing import Any
else:
    from _signal import SIG_BLOCK, SIG_SETMASK, pthread_sigmask, valid_signals  # signal imports enum, which takes long

_ADVICE = """a program that changes its root or user, may run out of descriptors, or calls it in a signal handler or \
as it ends, loads it before: from pysyscall import"""

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

    As `import` does it, in less than half the time: it need not look for what is known to lie in the package, nor lock
    it, as whoever else wants one of these waits for the package. What is listed too late, `import` loads, and all of a
    package that does not lie in plain files.
    """
    _undisturbed(_load_at_once, package, names)


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
    Loader: Any = type(package.__loader__)
    if Loader.__name__ != "SourceFileLoader":
        for name in names:
            __import__(f"{package.__name__}.{name}")
        return
    Module: Any = type(package)
    Spec: Any = type(package.__spec__)
    modules = sys.modules
    prefix, top = f"{package.__name__}.", package.__path__[0]
    packages = {name.rpartition(".")[0] for name in names}
    for name in names:
        full = prefix + name
        if full in modules:
            continue
        path = f"{top}/{name.replace('.', '/')}"
        file = f"{path}/__init__.py" if name in packages else f"{path}.py"
        parent, _, last = full.rpartition(".")
        module = Module(full)
        module.__file__ = file
        module.__loader__ = loader = Loader(full, file)
        module.__spec__ = spec = Spec(full, loader, origin=file)
        spec.has_location = True
        module.__package__ = parent
        if name in packages:
            module.__package__ = full
            module.__path__ = spec.submodule_search_locations = [path]
        modules[full] = module
        try:
            loader.exec_module(module)
        except BaseException:
            modules.pop(full, None)
            raise
        setattr(modules[parent], last, module)
