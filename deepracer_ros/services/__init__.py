"""The local Redis-protocol and S3 servers that a training starts if none are configured."""
