"""The trainer, the recording of experience, the evaluation, and the configuration of a run."""
