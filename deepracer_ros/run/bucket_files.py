# Copyright 2026 deepracer_ros maintainers
# SPDX-License-Identifier: Apache-2.0

"""The files that a run is made of (configuration, reward, tracks) in S3, so that workers need no path of another host.

    runs/<run>/files.json              the hash of each file by its name
    runs/<run>/files/<sha256>          the contents

`files.json` is written last, and a content under its hash never changes: a worker finds a whole set of files, the old
one or the new one.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from deepracer_ros.errors import InputError
from deepracer_ros.files import replace_folder
from deepracer_ros.models.bucket import Bucket, ConditionFailedError, NotFoundError
from deepracer_ros.names import check_run_name

FOLDER = "runs"
"""Folder of the files of all runs in the bucket."""
FILE_NAME = re.compile(r"(?!\.)[^/\\\x00-\x1f]{1,255}")
"""Names that a file of a run may have: no paths, and none that begins with a dot."""
MOST_FILES = 4096
HASH = re.compile("[0-9a-f]{64}")


def put_run_files(bucket: Bucket, run: str, files: Mapping[str, bytes]) -> None:
    """Replace the files of a run.

    Args:
        bucket: The bucket.
        run: Name of the run.
        files: Contents by name.

    Raises:
        StoreError: if the server is unreachable or refuses the request.
        InputError: if the name of the run or of a file is not valid.
    """
    folder = f"{FOLDER}/{check_run_name(run)}"
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    _check(hashes, folder)
    for name, content in files.items():
        with suppress(ConditionFailedError):  # it is there
            bucket.put(f"{folder}/files/{hashes[name]}", content)
    bucket.replace(f"{folder}/files.json", json.dumps(hashes, indent=2).encode())


def fetch_run_files(bucket: Bucket, run: str, folder: Path) -> None:
    """Fetch the files of a run into a folder, which is replaced as a whole.

    Args:
        bucket: The bucket.
        run: Name of the run.
        folder: The folder.

    Raises:
        StoreError: if the server is unreachable or refuses the request.
        InputError: if there is no such run, its files are damaged, or the folder cannot be written.
    """
    source = f"{FOLDER}/{check_run_name(run)}"
    where = f"{bucket.where}: {source}/files.json"
    try:
        hashes = json.loads(bucket.get(f"{source}/files.json")[0])
    except NotFoundError:
        raise InputError(f"{where}: not found, expected the files of the run; was it started on this server?") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: is not JSON ({error}), expected the files of a run") from error
    _check(hashes, where)
    contents = {name: bucket.get(f"{source}/files/{sha256}")[0] for name, sha256 in hashes.items()}
    for name, content in contents.items():
        if (found := hashlib.sha256(content).hexdigest()) != hashes[name]:
            raise InputError(f"{where}: {name}: sha256 is {found[:12]}..., expected {hashes[name][:12]}...")
    replace_folder(folder, contents)


def _check(hashes: object, where: str) -> None:
    """Check names and hashes of files.

    Raises:
        InputError: if they are not valid: a file must not get out of its folder.
    """
    if not isinstance(hashes, dict) or len(hashes) > MOST_FILES:
        raise InputError(f"{where}: expected at most {MOST_FILES} files by name")
    for name, sha256 in hashes.items():
        if not FILE_NAME.fullmatch(name) or not isinstance(sha256, str) or not HASH.fullmatch(sha256):
            raise InputError(f"{where}: found the file {name!r} with the hash {sha256!r}, expected a plain name")
