# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The exceptions for bad input, which the commands and nodes show as one line."""


class InputError(Exception):
    """Bad input from outside: a file, an option, a topic or a server's answer.

    The message is one line. It names the file, key or topic, what was found and what was expected. Every command
    prints that line to stderr without a traceback and ends with exit code 2.
    """


class FatalError(InputError):
    """Bad input that another start of the process would only meet again, for example an error of a reward function."""
