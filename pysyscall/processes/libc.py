"""The C library's functions of this subject, as their man pages declare them: see `base.declaration`."""

from ..base.declaration import Address, Int, Long, Pointer, Short, Size, String, UInt, prototype, unconverted

# sched.h


@prototype
def unshare(flags: Int, /) -> Int: ...


@prototype
def setns(fd: Int, nstype: Int, /) -> Int: ...


# unistd.h, grp.h, sys/fsuid.h


@unconverted
def getpid() -> Int: ...


@unconverted
def getppid() -> Int: ...


@unconverted
def getpgrp() -> Int: ...


@prototype
def getpgid(pid: Int, /) -> Int: ...


@prototype
def setpgid(pid: Int, pgid: Int, /) -> Int: ...


@unconverted
def setsid() -> Int: ...


@prototype
def getuid() -> UInt: ...


@prototype
def geteuid() -> UInt: ...


@prototype
def getgid() -> UInt: ...


@prototype
def getegid() -> UInt: ...


@prototype
def setuid(uid: UInt, /) -> Int: ...


@prototype
def setgid(gid: UInt, /) -> Int: ...


@prototype
def setreuid(ruid: UInt, euid: UInt, /) -> Int: ...


@prototype
def setregid(rgid: UInt, egid: UInt, /) -> Int: ...


@prototype
def setresuid(ruid: UInt, euid: UInt, suid: UInt, /) -> Int: ...


@prototype
def setresgid(rgid: UInt, egid: UInt, sgid: UInt, /) -> Int: ...


@prototype
def setfsuid(fsuid: UInt, /) -> Int: ...


@prototype
def setfsgid(fsgid: UInt, /) -> Int: ...


@prototype
def getgroups(size: Int, list: Pointer, /) -> Int: ...


@prototype
def setgroups(size: Size, list: Pointer, /) -> Int: ...


@unconverted
def pause() -> Int: ...


@prototype
def execve(pathname: String, argv: Pointer, envp: Pointer, /) -> Int: ...


# sys/resource.h, sys/times.h, sys/stat.h


@prototype
def setpriority(which: Int, who: UInt, prio: Int, /) -> Int: ...


@prototype
def getrusage(who: Int, usage: Pointer, /) -> Int: ...


@prototype
def times(buf: Pointer, /) -> Long: ...


@prototype
def umask(mask: UInt, /) -> UInt: ...


# signal.h


@prototype
def kill(pid: Int, sig: Int, /) -> Int: ...


@prototype
def signal(signum: Int, handler: Address, /) -> Address: ...


@prototype
def sigaction(signum: Int, act: Pointer, oldact: Pointer, /) -> Int: ...


@prototype
def pthread_sigmask(how: Int, set: Pointer, oldset: Pointer, /) -> Int: ...


@unconverted
def __libc_current_sigrtmin() -> Int: ...


# sys/wait.h


@prototype
def wait4(pid: Int, wstatus: Pointer, options: Int, rusage: Pointer, /) -> Int: ...


# spawn.h


@prototype
def posix_spawn(
    pid: Pointer, path: String, file_actions: Pointer, attrp: Pointer, argv: Pointer, envp: Pointer, /
) -> Int: ...


@prototype
def posix_spawnattr_init(attr: Pointer, /) -> Int: ...


@prototype
def posix_spawnattr_destroy(attr: Pointer, /) -> Int: ...


@prototype
def posix_spawnattr_setflags(attr: Pointer, flags: Short, /) -> Int: ...


@prototype
def posix_spawnattr_setpgroup(attr: Pointer, pgroup: Int, /) -> Int: ...


@prototype
def posix_spawnattr_setsigdefault(attr: Pointer, sigdefault: Pointer, /) -> Int: ...


@prototype
def posix_spawn_file_actions_init(file_actions: Pointer, /) -> Int: ...


@prototype
def posix_spawn_file_actions_destroy(file_actions: Pointer, /) -> Int: ...


@prototype
def posix_spawn_file_actions_adddup2(file_actions: Pointer, fildes: Int, newfildes: Int, /) -> Int: ...


@prototype
def posix_spawn_file_actions_addclose(file_actions: Pointer, fildes: Int, /) -> Int: ...


# Since glibc 2.29 and musl 1.1.24.
@prototype
def posix_spawn_file_actions_addchdir_np(file_actions: Pointer, path: String, /) -> Int: ...
