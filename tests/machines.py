"""python3 -m tests --machine ARCH-SUITE: the tests on another machine, in a root of Debian's.

ARCH is Debian's name (amd64 i386 arm64 armhf s390x riscv64 ppc64el mips64el loong64), SUITE bookworm, trixie or sid. It
needs root, a Debian or Ubuntu, and their package mmdebstrap. i386 and amd64 run on an amd64 processor as they are, the
others under qemu-user, which comes from sid. A root is made once, below the system's temporary directory or
$PYSYSCALL_MACHINES. A file of tests at a time runs there, in mount, process and network namespaces of its own. What
only compiles or compares is left out: tests/abi, tests/go, tests/bench, stubs and typing.
"""

from __future__ import annotations

import fcntl
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

ROOT: Final = Path(__file__).resolve().parent.parent
KEYRING: Final = "/usr/share/keyrings/debian-archive-keyring.gpg"
SUITES: Final = ("bookworm", "trixie", "sid")
SECONDS: Final = 900  # for one file of tests, or to make a root
# Exit statuses, neither of which is that of tests that failed: no such machine, and a root that cannot be had here.
NO_MACHINE: Final = 2
NO_ROOT: Final = 3
PACKAGES: Final = "python3,python3-pytest,python3-hypothesis,curl,dnsmasq-base,iproute2,git"
# What runs as it is has all that the tests can use.
NATIVE_PACKAGES: Final = f"{PACKAGES},gcc,libc6-dev,strace,tshark,wrk,python3-pip,python3-hatchling,python3-venv"
# A foreign root is unpacked and not configured, so that no installation runs under emulation.
FOREIGN_PACKAGES: Final = f"{PACKAGES},base-files,bash,dash,coreutils,util-linux,mount,libc-bin,sed,grep,findutils"
LEFT_OUT: Final = re.compile(r"tests/(abi|go|bench|typing)/|test_(typing|stubs|machines)\.py")

_ELF32, _ELF64 = "7f454c46010101000000000000000000", "7f454c46020101000000000000000000"


class Emulator(NamedTuple):
    """qemu's name of a machine, and the first 20 bytes of its programs, in hexadecimal."""

    name: str
    magic: str

    @property
    def mask(self) -> str:
        """Which bits of them count: ET_EXEC and ET_DYN differ in one."""
        return "fffffffffffffffcffffffffffffffff" + ("fffeffff" if self.name == "s390x" else "feffffff")


EMULATORS: Final = {
    "arm64": Emulator("aarch64", f"{_ELF64}0200b700"),
    "armhf": Emulator("arm", f"{_ELF32}02002800"),
    "riscv64": Emulator("riscv64", f"{_ELF64}0200f300"),
    "ppc64el": Emulator("ppc64le", f"{_ELF64}02001500"),
    "mips64el": Emulator("mips64el", f"{_ELF64}02000800"),
    "loong64": Emulator("loongarch64", f"{_ELF64}02000201"),
    "s390x": Emulator("s390x", "7f454c4602020100000000000000000000020016"),
}
NATIVE: Final = {"x86_64": ("amd64", "i386"), "aarch64": ("arm64",)}.get(platform.machine(), ())


class Counts(NamedTuple):
    passed: int
    failed: int
    skipped: int


def home() -> Path:
    """Where the roots are."""
    return Path(
        os.environ.get("PYSYSCALL_MACHINES") or Path(tempfile.gettempdir(), f"pysyscall-machines-{os.getuid()}")
    )


def run(machine: str, arguments: Sequence[str], python: str = "python3") -> Counts:
    """Run the tests on a machine such as "i386-sid"."""
    arch, _, suite = machine.rpartition("-")
    if arch not in {*EMULATORS, "amd64", "i386"} or suite not in SUITES:
        machines = ", ".join(sorted({*EMULATORS, "amd64", "i386"}))
        reason = f"{machine} is no ARCH-SUITE: ARCH is one of {machines}; SUITE one of {', '.join(SUITES)}"
        _refuse(reason, NO_MACHINE)
    if os.geteuid() != 0:
        _refuse("--machine needs root, to make a root of another machine and to enter it")
    if not Path(KEYRING).exists():
        _refuse(f"--machine needs Debian's keys, {KEYRING}: apt-get install debian-archive-keyring")
    home().mkdir(mode=0o755, parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # what was begun is undone
    emulator = None if arch in NATIVE else EMULATORS[arch]
    with _lock(machine, fcntl.LOCK_EX | fcntl.LOCK_NB) as is_alone:
        if not is_alone:
            _refuse(f"another run has the root of {machine}: {home() / machine}")
        try:
            root = _made(machine, arch, suite, emulator is None)
        except (OSError, subprocess.SubprocessError) as error:
            _refuse(f"the root of {machine} cannot be made here: {error}")
        with _emulated(emulator):
            _copy_checkout(root)
            _enter(root, arguments, python)
        return _counted(root)


def _refuse(reason: str, status: int = NO_ROOT) -> NoReturn:
    print(reason, file=sys.stderr)
    sys.exit(status)


@contextmanager
def _lock(name: str, operation: int) -> Iterator[bool]:
    """Hold a lock beside the roots while the block lasts; whether it could be had."""
    with open(home() / f"{name}.lock", "w") as file:
        try:
            fcntl.flock(file, operation)
        except BlockingIOError:
            yield False
        else:
            yield True


def _need(command: str, *packages: str) -> None:
    if shutil.which(command) is None:
        subprocess.run(["apt-get", "-q", "update"], check=True, stdout=sys.stderr)
        install = ["apt-get", "-q", "-y", "--no-install-recommends", "install", *packages]
        subprocess.run(install, check=True, stdout=sys.stderr, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})


def _mirror() -> str:
    """Where this machine gets its own packages."""
    for sources in sorted(Path("/etc/apt").glob("**/*.sources")) + sorted(Path("/etc/apt").glob("**/*.list")):
        if found := re.search(r"^(?:URIs:|deb(?: \[.*?\])?)\s*(\S+)", sources.read_text(), re.MULTILINE):
            return found[1]
    return "http://deb.debian.org/debian"


def _made(machine: str, arch: str, suite: str, is_native: bool) -> Path:
    """The root, made where it is not there yet."""
    root, done = home() / machine, home() / f"{machine}.done"
    if done.exists():
        return root
    if f" {root}/" in Path("/proc/mounts").read_text():
        _refuse(f"something is mounted in {root}")
    shutil.rmtree(root, ignore_errors=True)
    _need("mmdebstrap", "mmdebstrap", "arch-test")
    mirror = _mirror()
    command = [
        *("mmdebstrap", "--mode=root", f"--variant={'minbase' if is_native else 'extract'}", f"--architectures={arch}"),
        *(f"--include={NATIVE_PACKAGES if is_native else FOREIGN_PACKAGES}", f"--keyring={KEYRING}"),
        # The index of sid is past its date where a mirror is behind; it is signed all the same.
        *("--aptopt=APT::Install-Recommends false", "--aptopt=Acquire::Check-Valid-Until false"),
        *(suite, str(root), f"deb {mirror} {suite} main"),
    ]
    subprocess.run(command, check=True, stdout=sys.stderr, timeout=SECONDS)
    for name in ("passwd", "group"):
        if not (root / "etc" / name).exists():
            shutil.copy(f"/etc/{name}", root / "etc")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")
    done.touch()
    return root


@contextmanager
def _emulated(emulator: Emulator | None) -> Iterator[None]:
    """Have the kernel run a machine's programs while the block lasts."""
    if emulator is None:
        yield
        return
    formats = Path("/proc/sys/fs/binfmt_misc")
    if not (formats / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(formats)], check=True)
    entry = formats / f"pysyscall-{emulator.name}"
    used = f"qemu-{emulator.name}"
    magic, mask = (re.sub("..", r"\\x\g<0>", text) for text in (emulator.magic, emulator.mask))
    try:
        with _lock(used, fcntl.LOCK_SH):
            if not entry.exists():
                # F: the kernel opens the emulator now, so that it runs inside any root. P: programs keep their argv[0].
                (formats / "register").write_bytes(f":{entry.name}:M:0:{magic}:{mask}:{_qemu(emulator)}:PF".encode())
            yield
    finally:
        with _lock(used, fcntl.LOCK_EX | fcntl.LOCK_NB) as is_last:
            if is_last and entry.exists():
                entry.write_text("-1")


def _qemu(emulator: Emulator) -> Path:
    """sid's qemu-user, unpacked beside the roots: bookworm's leaves netlink messages half translated. It is static."""
    binary = home() / "qemu/usr/bin" / f"qemu-{emulator.name}"
    if not binary.exists():
        state = home() / "apt"
        for directory in ("lists/partial", "cache/archives/partial"):
            (state / directory).mkdir(parents=True, exist_ok=True)
        (state / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_mirror()} sid main\n")
        settings = {
            "Dir::State::Lists": state / "lists",
            "Dir::Cache": state / "cache",
            "Dir::Etc::SourceList": state / "sources.list",
            "Dir::Etc::SourceParts": "-",
            "Acquire::Check-Valid-Until": "false",
            "APT::Sandbox::User": "root",
        }
        apt_get = ["apt-get", "-q", *(part for name, value in settings.items() for part in ("-o", f"{name}={value}"))]
        subprocess.run([*apt_get, "update"], check=True, stdout=sys.stderr)
        machine = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
        package = f"qemu-user:{machine.stdout.strip()}"
        subprocess.run([*apt_get, "download", package], check=True, stdout=sys.stderr, cwd=state)
        for archive in state.glob("qemu-user_*.deb"):
            subprocess.run(["dpkg", "-x", str(archive), str(home() / "qemu")], check=True)
    return binary


def _copy_checkout(root: Path) -> None:
    """The files that git tracks, as they are now, and git's own."""
    into = root / "checkout"
    shutil.rmtree(into, ignore_errors=True)
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, into / name)
    shutil.copytree(ROOT / ".git", into / ".git", symlinks=True)
    shutil.rmtree(root / "results", ignore_errors=True)
    (root / "results").mkdir()


# In namespaces of its own for mounts and processes, so that nothing outlives the run; pivot_root, as in a chroot the
# kernel refuses user namespaces.
_ENTER: Final = r"""
set -e
cd "$0"; mount --make-rprivate /; mount --bind . .; cd "$0"
mount -t proc proc proc; mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup 2>/dev/null || true
mount --rbind /dev dev; mount -t tmpfs -o mode=1777,size=2g tmpfs tmp
mkdir -p .old; pivot_root . .old; umount -l /.old
ip link set lo up 2>/dev/null || true
cd /checkout
git config --global --replace-all safe.directory '*'
"$PYTHON" -VV
for file in $FILES; do
    echo "== $file"
    report=/results/$(echo "${file%%::*}" | tr / _).xml
    code=0
    timeout -k 10 "$SECONDS_EACH" \
        "$PYTHON" -m pytest -q -p no:cacheprovider -rfEs --tb=short --junitxml="$report" "$@" "$file" ||
        code=$?
    # 5: nothing selected. Without a report it has crashed, or its time is over.
    [ $code = 5 ] || [ -e "$report" ] || echo "crashed: $file, status $code" | tee "$report.crashed"
done
"""


def _enter(root: Path, arguments: Sequence[str], python: str) -> None:
    files = [argument for argument in arguments if (ROOT / argument.partition("::")[0]).exists()]
    options = [argument for argument in arguments if argument not in files]
    if not files:
        found = (str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").rglob("test_*.py")))
        files = [name for name in found if not LEFT_OUT.search(name)]
    environment = {
        "HOME": "/root",
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "PYTHON": python,
        "FILES": " ".join(files),
        "SECONDS_EACH": str(SECONDS),
    }
    # unshare lets no signal end it, so the kernel kills it when this process is gone.
    command = [
        *("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"),
        *("bash", "-c", _ENTER, str(root), *options),
    ]
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False)


def _counted(root: Path) -> Counts:
    tests = failed = skipped = 0
    for report in (root / "results").glob("*.xml"):
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            tests += int(suite.attrib["tests"])
            failed += int(suite.attrib["failures"]) + int(suite.attrib["errors"])
            skipped += int(suite.attrib["skipped"])
    crashed = len(list((root / "results").glob("*.crashed")))
    if not tests and not crashed:
        crashed = 1  # it has not come so far
    return Counts(tests - failed - skipped, failed + crashed, skipped)
