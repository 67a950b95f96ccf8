"""How modules of this package are loaded: at once, or when one of their names is first asked for.

The second can be at any moment: in a signal handler, in a `__del__` as the interpreter ends, after a chroot, with no
descriptor left to open a file with. So what most programs call is loaded at once. For the rest, signals wait until a
load has ended, as a handler that asks for the same module would find it half made and its import lock held; and where
no load is possible the ImportError says what to do.
"""

import sys
from _signal import SIG_BLOCK, SIG_SETMASK, pthread_sigmask, valid_signals  # `signal` imports enum, which takes longer
from _thread import get_ident

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

_loading: "set[tuple[str, int]]" = set()


def load(module: str, name: str) -> "ModuleType":
    """A module, loaded now because of this name in it, or ImportError."""
    this = module, get_ident()
    mask = pthread_sigmask(SIG_BLOCK, ())
    try:
        # Handlers of signals that have come before run in here, and may raise.
        pthread_sigmask(SIG_BLOCK, valid_signals())
        if this in _loading:
            # By a signal that another thread took, or a `__del__` that the garbage collector called.
            raise ImportError("this thread was interrupted while loading it", name=module)
        _loading.add(this)
        try:
            __import__(module)
        finally:
            _loading.discard(this)
        return sys.modules[module]
    except (ImportError, OSError) as error:
        reason = "a program that changes its root or user, may run out of descriptors, or asks in a signal handler or"
        reason += " as it ends"
        raise ImportError(
            f"{name} is loaded only now, and cannot be: {error}; {reason} asks for it before: from pysyscall import {name}",
            name=module,
        ) from error
    finally:
        pthread_sigmask(SIG_SETMASK, mask)


def load_at_once(package: "ModuleType", names: "tuple[str, ...]") -> None:
    """Load modules of a package that is being imported itself, each listed after those that it imports.

    As `import` does it, in less than half the time: it need not look for what is known to lie in the package, nor lock
    it, as whoever else wants one of these waits for the package. What the package was not loaded from files as usual,
    or is listed too late, `import` loads.
    """
    kind = type(package.__loader__)
    if kind.__name__ != "SourceFileLoader":
        for name in names:
            __import__(f"{package.__name__}.{name}")
        return
    module_kind, spec_kind = type(package), type(package.__spec__)
    directories = {name.rpartition(".")[0] for name in names}
    for name in names:
        full = f"{package.__name__}.{name}"
        if full in sys.modules:
            continue
        parent, _, last = full.rpartition(".")
        path = f"{package.__path__[0]}/{name.replace('.', '/')}"
        is_package = name in directories
        file = f"{path}/__init__.py" if is_package else f"{path}.py"
        loader = kind(full, file)
        spec = spec_kind(full, loader, origin=file, is_package=is_package)
        spec.has_location = True
        module = module_kind(full)
        module.__file__, module.__loader__, module.__spec__, module.__package__ = file, loader, spec, parent
        if is_package:
            module.__path__ = spec.submodule_search_locations = [path]
            module.__package__ = full
        sys.modules[full] = module
        try:
            loader.exec_module(module)
        except BaseException:
            sys.modules.pop(full, None)
            raise
        setattr(sys.modules[parent], last, module)
