# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""Configuration of the S3 bucket that keeps models."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from deepracer_ros.config import Section, key


@dataclass(frozen=True)
class ModelsConfig(Section):
    """The S3 bucket of a run's models. Credentials are not configured here: boto3 searches for them."""

    endpoint: str = key("", "URL of an S3 server. Empty: a local one is started, unless aws is true.")
    aws: bool = key(False, "Use AWS S3 with the credentials that boto3 finds.")
    bucket: str = key("deepracer", "Bucket of the models; created if it is absent and not on AWS.")
    prefix: str = key("models", "Folder in the bucket.")
    region: str = key("", "AWS region. Empty: the region in boto3's configuration.")
    keep: int = key(
        20, "Number of newest versions that are kept, in addition to best and last. Older versions are deleted at "
        "every "
        "keep-th publication.", least=1,
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: if the endpoint is not a URL, the bucket name is not valid, or both an endpoint and AWS are
                given.
        """
        super().__post_init__()
        if self.endpoint and urlsplit(self.endpoint).scheme not in ("http", "https"):
            raise ValueError(f"endpoint: found {self.endpoint!r}, expected http://... or https://...")
        if self.endpoint and self.aws:
            raise ValueError(f"aws: found true together with endpoint {self.endpoint!r}, expected one of the two")
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", self.bucket):
            raise ValueError(f"bucket: found {self.bucket!r}, expected 3 to 63 of a-z, 0-9, . and -")
