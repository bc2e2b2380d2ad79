"""Takes rights from the process that calls it, for good: Landlock and seccomp, and no library.

Stands alone: it runs inside the box, where there is neither Django nor the rest of this package.
Both walls bind the calling thread and what it starts from then on, so it must be the only one.
"""

import ctypes
import errno
import os
import platform
import struct
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

_libc: Any = ctypes.CDLL(None, use_errno=True)

PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 4, 22, 36, 38


def undumpable() -> None:
    """Let nobody with our own user id trace this process or read its environment and memory."""
    _must(_libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


def subreaper() -> None:
    """Become the parent of what our children leave behind, so that it can be found and ended."""
    _must(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")


def alone() -> None:
    """OSError unless this is the only thread: another would stay outside the walls."""
    until = time.monotonic() + 1  # one that has just ended may still be seen
    while (threads := len(list(Path("/proc/self/task").iterdir()))) != 1:
        if time.monotonic() > until:
            raise OSError(errno.EBUSY, f"{threads} threads run before the wall stands")
        time.sleep(0.001)


# Landlock --------------------------------------------------------------------------------------
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every machine
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
MAKE_CHAR, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = 1 << 6, 1 << 9, 1 << 10, 1 << 11, 1 << 12
FIRST = (1 << 13) - 1  # what the first version of Landlock knows
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
READ = READ_FILE | READ_DIR
WRITE = (FIRST | REFER | TRUNCATE) & ~(
    EXECUTE | MAKE_CHAR | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK | MAKE_SYM
)
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV


def landlock_abi() -> int:
    """The kernel's version of Landlock; 0 where there is none."""
    return max(0, int(_libc.syscall(CREATE_RULESET, None, 0, 1)))


def landlock(
    *,
    read: Iterable[str] = (),
    write: Iterable[str] = (),
    execute: Iterable[str] = (),
    devices: Iterable[str] = (),
) -> int:
    """Leave only these files and folders, and no TCP; the version in force, 0 where there is none.

    Signals and abstract sockets to processes outside are refused from version 6 on.
    """
    abi = landlock_abi()
    if not abi:
        return 0
    newer = ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV))
    known = FIRST | sum(right for since, right in newer if abi >= since)
    # files; TCP bind and connect (version 4); abstract sockets and signals (version 6)
    rules = struct.pack("QQQ", known, 3, 3)[: 24 if abi >= 6 else 16 if abi >= 4 else 8]
    ruleset = _must(_libc.syscall(CREATE_RULESET, rules, len(rules), 0), "a Landlock ruleset")
    for paths, rights in (
        (read, READ),
        (write, WRITE),
        (execute, EXECUTE | READ),
        (devices, READ_FILE | WRITE_FILE | IOCTL_DEV),
    ):
        for path in paths:
            with suppress(FileNotFoundError):
                _allow(ruleset, path, rights & known)
    _no_new_privileges()
    _must(_libc.syscall(RESTRICT_SELF, ruleset, 0), "Landlock")
    os.close(ruleset)
    return abi


def _allow(ruleset: int, path: str, rights: int) -> None:
    handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rights &= -1 if Path(path).is_dir() else OF_A_FILE
        rule = struct.pack("=Qi", rights, handle)
        _must(_libc.syscall(ADD_RULE, ruleset, 1, rule, 0), path)
    finally:
        os.close(handle)


# seccomp ---------------------------------------------------------------------------------------
# Each call by its number on x86-64 and on aarch64; None where the machine has no such call.
SOCKET, SOCKETPAIR, CLONE, CLONE3 = (41, 198), (53, 199), (56, 220), (435, 435)
EXEC: dict[str, tuple[int | None, int]] = {"execve": (59, 221), "execveat": (322, 281)}
# Signals, which a job may send to itself only.
SIGNALS = {"kill": (62, 129), "tkill": (200, 130), "tgkill": (234, 131)}
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # sockets that came from elsewhere
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "kcmp": (312, 272),
    "setsid": (112, 157),
    # namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "mknod": (133, None),
    "mknodat": (259, 33),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    # the kernel's larger surfaces
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "memfd_secret": (447, 447),
    "personality": (135, 92),
    # the machine
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
}
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
# What CUDA begins with, or it does not begin: it listens at an abstract address of its own.
LISTENING = ("bind", "listen")
UNIX, SEQUENCED = 1, 5  # the family, and the type of socket that hands on whole packets
TYPE = 0xF  # of the second argument, which holds flags too
# clone's flags for a new mount, cgroup, uts, ipc, user, pid, net or time namespace
NEW_NAMESPACE = 0x7E020080
DATAGRAM = 2  # the bit that datagram and raw sockets have and stream sockets do not
X32 = 0x40000000
LOAD, IF_EQUAL, IF_AT_LEAST, IF_ANY_BIT, RETURN, AND = 0x20, 0x15, 0x35, 0x45, 0x06, 0x54
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER, MACHINE, ARGUMENT = 0, 4, (16, 24, 32)  # where a filter finds them


def seccomp(*, may_execute: bool, has_gpu: bool = False) -> None:
    """Refuse every socket, other processes, namespaces and the kernel's rarer calls.

    The calls get errors, not signals: libraries that only try go on without. `socketpair` stays
    for streams; a pair of datagram sockets could still send to the path of any other. With a GPU
    CUDA may listen, but nobody can be let in, and nothing can be sent or connected to.
    """
    program = b"".join(_filter(may_execute=may_execute, has_gpu=has_gpu))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))

    _no_new_privileges()
    asked = Program(len(program) // 8, program)
    _must(_libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(asked), 0, 0), "seccomp")


def _filter(*, may_execute: bool, has_gpu: bool) -> Iterable[bytes]:
    if platform.machine() not in MACHINES:
        raise OSError(errno.ENOSYS, f"no filter is known for {platform.machine()}")
    column, machine = MACHINES[platform.machine()]
    yield _step(LOAD, MACHINE)
    yield from (_step(IF_EQUAL, machine, 1), _step(RETURN, KILL))
    yield _step(LOAD, NUMBER)
    if column == 0:
        yield from (_step(IF_AT_LEAST, X32, 0, 1), _refuse(errno.EPERM))
    yield from _listener(SOCKET[column]) if has_gpu else ()
    yield from (_step(IF_EQUAL, SOCKET[column], 0, 1), _refuse(errno.EACCES))
    yield from (_step(IF_EQUAL, CLONE3[column], 0, 1), _refuse(errno.ENOSYS))  # clone is tried next
    refused = REFUSED if may_execute else REFUSED | EXEC
    for name, numbers in refused.items():
        number = numbers[column]
        if number is not None and not (has_gpu and name in LISTENING):
            yield from (_step(IF_EQUAL, number, 0, 1), _refuse(errno.EPERM))
    yield from _unless(CLONE[column], ARGUMENT[0], IF_ANY_BIT, NEW_NAMESPACE, is_refused=True)
    yield from _unless(SOCKETPAIR[column], ARGUMENT[1], IF_ANY_BIT, DATAGRAM, is_refused=True)
    for numbers in SIGNALS.values():
        yield from _unless(numbers[column], ARGUMENT[0], IF_EQUAL, os.getpid(), is_refused=False)
    yield _step(RETURN, ALLOW)


def _listener(number: int) -> list[bytes]:
    """Allow a socket of whole packets between processes of this machine; it leaves others be."""
    return [
        _step(IF_EQUAL, number, 0, 7),
        _step(LOAD, ARGUMENT[0]),
        _step(IF_EQUAL, UNIX, 0, 4),
        _step(LOAD, ARGUMENT[1]),
        _step(AND, TYPE),
        _step(IF_EQUAL, SEQUENCED, 0, 1),
        _step(RETURN, ALLOW),
        _step(LOAD, NUMBER),
    ]


def _unless(number: int, argument: int, test: int, value: int, *, is_refused: bool) -> list[bytes]:
    """A call that is refused when its argument passes a test, or when it does not."""
    return [
        _step(IF_EQUAL, number, 0, 4),
        _step(LOAD, argument),
        _step(test, value, *((0, 1) if is_refused else (1, 0))),
        _refuse(errno.EPERM),
        _step(RETURN, ALLOW),
    ]


def _step(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_so, if_not, value)


def _refuse(error: int) -> bytes:
    return _step(RETURN, REFUSE | error)


def _no_new_privileges() -> None:
    _must(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges")


def _must(answer: int, what: str) -> int:
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return answer
