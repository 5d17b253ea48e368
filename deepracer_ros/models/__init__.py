"""Policy files and their immutable versions in S3."""
