"""Python imports this first in every process whose PYTHONPATH has this folder."""

import checkpoint_notes

checkpoint_notes.install()
