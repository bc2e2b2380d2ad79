"""An S3 of our own for the tests that need one: a real server on loopback, gone afterwards."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import boto3  # type: ignore[import-untyped]
from moto.server import ThreadedMotoServer

KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "eu-central-1",
}


@contextmanager
def server() -> Iterator[str]:
    """A fresh server, as the address of its endpoint; clients find it in the environment."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    before = dict(os.environ)
    os.environ.update(KEYS, AWS_ENDPOINT_URL=f"http://{host}:{port}")
    try:
        yield os.environ["AWS_ENDPOINT_URL"]
    finally:
        os.environ.clear()
        os.environ.update(before)
        moto.stop()


def bucket() -> str:
    """A new, empty bucket, as a STORE_URL."""
    name = f"hazumi-{uuid.uuid4()}"
    place = {"LocationConstraint": "eu-central-1"}
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    return f"s3://{name}/files"
