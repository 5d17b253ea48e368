"""Print the progress of every checkpoint that appears in the file that stdin names, until this process is killed.

A process of its own, and with the standard library only: a thread of the test process, whose interpreter lock the test
holds, missed checkpoints that lived for 40 ms. The format is read by hand for the same reason.
"""

import json
import struct
import sys
import time

INTERVAL = 0.001
"""Wait between two looks, s."""


def follow(path):
    """Print a line when ready, and then one for each checkpoint."""
    print("ready", flush=True)
    seen = None
    while True:
        try:
            with open(path, "rb") as file:  # the renamed file stays readable, whatever takes its place
                (length,) = struct.unpack("<Q", file.read(8))
                header = file.read(length)
        except FileNotFoundError:
            header = None
        if header is not None and header != seen:
            seen = header
            print(json.loads(header)["__metadata__"]["progress"], flush=True)
        time.sleep(INTERVAL)


if __name__ == "__main__":
    follow(sys.stdin.readline().rstrip("\n"))
