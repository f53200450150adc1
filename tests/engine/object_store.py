"""An S3-compatible server on loopback, where s3fs and moto are installed; without them its tests are skipped, saying so."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from pipelines.engine.clusters import LOOPBACK, free_port
from tests.conftest import process_as_it_was

BUCKET = "stepcare-test"
SECONDS_TO_START = 120.0


@contextmanager
def object_store(folder: Path) -> Iterator[str]:
    """The URL of a new bucket; within the block the environment's keys and endpoint are those of its server."""
    absent = [name for name, module in (("s3fs", "s3fs"), ("moto[server]", "moto.server")) if not _has(module)]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}. Neither is in the lock: pip install s3fs 'moto[server]'")
    port = free_port()
    with process_as_it_was(), (folder / "moto.log").open("wb") as log:
        for name in [name for name in os.environ if name.startswith(("AWS_", "FSSPEC_"))]:
            del os.environ[name]
        os.environ.update(
            AWS_ACCESS_KEY_ID="nobody's",
            AWS_SECRET_ACCESS_KEY="nobody's",
            AWS_DEFAULT_REGION="us-east-1",
            AWS_ENDPOINT_URL=f"http://{LOOPBACK}:{port}",
            AWS_EC2_METADATA_DISABLED="true",
        )
        command = [sys.executable, "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)]
        server = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            _wait_for(os.environ["AWS_ENDPOINT_URL"], server)
            client().create_bucket(Bucket=BUCKET)
            yield f"s3://{BUCKET}"
        finally:
            _file_systems_anew()
            server.terminate()
            server.wait(30)


def client():
    """Whoever else reaches the bucket: its requests pass fsspec by."""
    import boto3

    return boto3.client("s3")


def keys() -> list[str]:
    """What the bucket holds."""
    return [str(found["Key"]) for found in client().list_objects_v2(Bucket=BUCKET).get("Contents", ())]


def _has(module: str) -> bool:
    try:
        return find_spec(module) is not None and find_spec("flask") is not None
    except ModuleNotFoundError:
        return False


def _file_systems_anew() -> None:
    from s3fs import S3FileSystem

    S3FileSystem.clear_instance_cache()


def _wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until and server.poll() is None:
        try:
            with urlopen(f"{url}/moto-api/"):
                return
        except URLError:
            time.sleep(0.2)
    raise AssertionError("the S3-compatible server did not start; moto.log says why")
