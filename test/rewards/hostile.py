# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Sixty files that are hostile or broken, each with the line that it gets. PLACE is a file that must not come to be."""

HEAD = "def reward_function(params):\n"
DENIED = r"(PermissionError|OSError|BlockingIOError|RuntimeError|gaierror|error)\b"
"""What a system call that is refused raises."""


def body(*lines: str) -> str:
    return HEAD + "".join(f"    {line}\n" for line in lines)


HOSTILE: dict[str, tuple[str, str]] = {
    # files
    "writes a file": (body("open(PLACE, 'w').write('x')"), rf":2: {DENIED}"),
    "appends to itself": (body("open(__file__, 'a').write('x')"), rf":2: {DENIED}"),
    "writes by pathlib": (body("import pathlib", "pathlib.Path(PLACE).write_text('x')"), rf":3: {DENIED}"),
    "makes a folder": (body("import os", "os.makedirs(PLACE)"), rf":3: {DENIED}"),
    "removes itself": (body("import os", "os.remove(__file__)"), rf":3: {DENIED}"),
    "renames itself": (body("import os", "os.rename(__file__, PLACE)"), rf":3: {DENIED}"),
    "links": (body("import os", "os.symlink('/etc/passwd', PLACE)"), rf":3: {DENIED}"),
    "makes a file executable": (body("import os", "os.chmod(__file__, 0o777)"), rf":3: {DENIED}"),
    "truncates": (body("import os", "os.truncate(__file__, 0)"), rf":3: {DENIED}"),
    "makes a pipe on disk": (body("import os", "os.mkfifo(PLACE)"), rf":3: {DENIED}"),
    "saves an array": (body("import numpy", "numpy.save(PLACE, numpy.zeros(3))"), rf":3: {DENIED}"),
    "makes a temporary file": (
        body("import tempfile", "tempfile.mkstemp(dir=PLACE.rpartition('/')[0])"), rf":3: ({DENIED}|FileExistsError)",
    ),
    "writes by ctypes": (
        body("import ctypes, os", "fd = ctypes.CDLL(None).open(PLACE.encode(), os.O_CREAT | os.O_RDWR, 0o600)",
             "if fd < 0: raise OSError('denied')", "return 1"), rf":4: {DENIED}",
    ),
    "writes to its own memory": (body("open('/proc/self/mem', 'r+b')"), rf":2: {DENIED}"),
    # networks
    "connects": (body("import socket", "socket.create_connection(('127.0.0.1', PORT), 1)"), rf":3: {DENIED}"),
    "listens": (body("import socket", "socket.create_server(('', 0))"), rf":3: {DENIED}"),
    "fetches a page": (
        body("import urllib.request", "urllib.request.urlopen(f'http://127.0.0.1:{PORT}', timeout=1)"),
        r":3: (URLError|OSError|PermissionError)",
    ),
    "asks for a name": (body("import socket", "socket.getaddrinfo('example.com', 80)"), rf":3: {DENIED}"),
    "sends a datagram": (
        body("import socket", "s = socket.socket(type=socket.SOCK_DGRAM)", "s.sendto(b'x', ('127.0.0.1', PORT))"),
        rf":[34]: {DENIED}",
    ),
    "has a Unix socket": (body("import socket", "socket.socketpair()"), rf":3: {DENIED}"),
    # processes
    "runs a command": (body("import os", "os.system(f'touch {PLACE}')", "open('/nowhere')"), r":4: FileNotFoundError"),
    "runs a program": (body("import subprocess", "subprocess.run(['touch', PLACE])"), rf":3: {DENIED}"),
    "forks": (body("import os", "os.fork()", "return 1"), rf":3: {DENIED}"),
    "becomes another program": (body("import os", "os.execv('/bin/sleep', ['sleep', '100'])"), rf":3: {DENIED}"),
    "starts a thread": (
        body("import threading", "threading.Thread(target=print).start()"), r":3: RuntimeError: can't start new thread",
    ),
    "starts processes": (
        body("import multiprocessing", "multiprocessing.Process(target=print).start()"), rf":3: {DENIED}",
    ),
    "kills its parent": (body("import os", "os.kill(os.getppid(), 9)"), rf":3: ({DENIED}|ProcessLookupError)"),
    "kills all": (body("import os", "os.kill(-1, 15)"), rf":3: ({DENIED}|ProcessLookupError)"),
    "kills itself": (body("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)"), rf":3: {DENIED}"),
    "raises its limits": (
        body("import resource", "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))"),
        r":3: (PermissionError|ValueError)",
    ),
    "changes its niceness": (body("import os", "os.nice(-5)"), rf":3: {DENIED}"),
    "changes its user": (body("import os", "os.setuid(1000)"), rf":3: {DENIED}"),
    "changes its root": (body("import os", "os.chroot('/tmp')"), rf":3: {DENIED}"),
    # time
    "loops": (body("while True: pass"), r":2: still running"),
    "loops and catches": (
        body("while True:", "    try: sum(range(10 ** 8))", "    except BaseException: pass"), r":[234]: still running",
    ),
    "sleeps": (body("import time", "time.sleep(1000)"), r":3: still running"),
    "waits for input": (body("return float(input())"), r":2: EOFError"),
    "computes for ever": (body("return 3 ** (10 ** 9)"), r":2: (still running|MemoryError)"),
    "matches for ever": (
        body("import re", "return re.fullmatch('(a+)+', 'a' * 40 + 'b') or 1"), r":3: still running",
    ),
    "loops while it is loaded": ("while True: pass\n", r":1: still running"),
    "sleeps while it is loaded": ("import time\ntime.sleep(1000)\n", r":2: still running"),
    # memory
    "takes much memory": (body("return len(bytearray(8 << 30))"), r":2: MemoryError"),
    "grows": (body("x = []", "while True: x.append(bytearray(1 << 26))"), r":[13]: (MemoryError|still running)"),
    "takes much memory by NumPy": (
        body("import numpy", "return numpy.ones(1 << 31).sum()"), r":3: (MemoryError|_ArrayMemoryError)",
    ),
    "recurses": (body("return reward_function(params)"), r":2: RecursionError"),
    # ends
    "exits": (body("import sys", "sys.exit(0)"), r":3: SystemExit"),
    "exits at once": (body("import os", "os._exit(0)"), r":1: its process ended with exit code 0"),
    "reads at address 0": (body("import ctypes", "ctypes.string_at(0)"), r":3: its process ended with signal SIGSEGV"),
    "aborts": (body("import os", "os.abort()"), r":3: (its process ended with signal|still running)"),
    "closes its pipes": (
        body("import os", "os.closerange(3, 1000)", "return 1"), r":1: its process (ended|answered)",
    ),
    "answers itself": (
        body("import os", "for n in range(3, 1000):", "    try: os.write(n, b'\\0\\0\\0\\5Vabcd')",
             "    except OSError: pass", "return 1"), r": its process answered",
    ),
    "asks for its own end": (body("raise KeyboardInterrupt"), r":1: its process ended|KeyboardInterrupt"),
    # no rewards
    "is no Python": ("def reward_function(params)\n    return 1\n", r":1: expected ':'"),
    "has no function": ("def reward(params):\n    return 1\n", r": found reward, .*expected reward_function"),
    "has a function of nothing": ("def reward_function():\n    return 1\n", r":1: TypeError"),
    "imports what is not there": ("import tensorflow_x\n" + HEAD + "    return 1\n", r":1: ModuleNotFoundError"),
    "has zeros": ("\0" + HEAD + "    return 1\n", r"(:1)?: .*expected Python"),
    "returns nothing": (HEAD + "    params['x']\n", r":1: reward_function returned None"),
    "returns no number": (body("return float('nan')"), r":1: reward_function returned nan"),
    "returns too much": (body("return 1e6"), r":1: reward_function returned 1000000.0"),
    "returns a complex number": (body("return 1j"), r":1: reward_function returned 1j"),
    "returns a value without a text": (
        "class X:\n    def __repr__(self): raise ValueError\n" + HEAD + "    return X()\n",
        r":3: reward_function returned",
    ),
    "raises without a text": (
        "class X(Exception):\n    def __str__(self): return 5\n" + HEAD + "    raise X\n",
        r":4: X: a value without a text",
    ),
    "raises lines": (body("raise ValueError('a\\nb' * 1000)"), r":2: ValueError: a b"),
}  # fmt: skip
"""Text and beginning of the message after the path, by what the file does."""
