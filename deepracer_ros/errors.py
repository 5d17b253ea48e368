"""Errors that are shown to a person as one line."""


class InputError(Exception):
    """Bad input from outside: a file, an option, a topic or a server's answer.

    The message is one line that names the file, key or topic, what was found and what is
    expected. Every command turns it into that line on stderr and exit code 2, without a traceback.
    """
