# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""A tuned process keeps the memory that it freed."""

import subprocess
import sys

TUNED = """
import resource, sys, torch
from threadpoolctl import threadpool_info
from deepracer_ros.learning.parallel import tune_torch
from deepracer_ros.training.tuning import tune_process
tune_process()
tune_torch(0)
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def work():
    for _ in range(50):
        torch.empty(4_000_000, dtype=torch.uint8).fill_(1)
work()
before = faults()
work()
blas = [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]
print(max(torch.get_num_threads(), *blas), sys.getswitchinterval() < 0.001, faults() - before)
"""


def test_one_thread_for_products_and_no_new_pages_for_the_next_tensor():
    answer = subprocess.run([sys.executable, "-c", TUNED], capture_output=True, text=True, check=True, timeout=30)
    threads, soon, faults = answer.stdout.split()
    assert (threads, soon) == ("1", "True")
    if sys.platform == "linux":
        assert int(faults) < 1000  # handed back and fetched again, the pages of 50 tensors would be 50 000
