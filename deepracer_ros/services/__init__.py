"""The local Redis-protocol and S3 servers that are started for the user."""
