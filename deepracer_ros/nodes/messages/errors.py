# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The error of a message that cannot be used."""

from deepracer_ros.errors import InputError


class MessageError(InputError):
    """A message on a topic is malformed, for example an image whose size does not fit its data.

    It is one line: topic or kind of the message, what was found and what is expected. `nodes.inputs.Inputs` counts
    and reports it; it never ends a node.
    """
