"""Policy files and the store of their immutable versions in S3."""
