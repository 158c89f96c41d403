"""Compiled templates, kept where Python keeps compiled modules: to compile them takes long."""

from __future__ import annotations

import contextlib
import os
import sys
from importlib.util import cache_from_source

import jinja2
from jinja2.bccache import Bucket


class TemplateBytecode(jinja2.BytecodeCache):
    """Keeps the bytecode of templates beside them, in `__pycache__`, if one may write there."""

    def __init__(self, environment: jinja2.Environment) -> None:
        options = vars(environment).items()
        self._options = repr([each for each in options if isinstance(each[1], (bool, str))])

    def get_source_checksum(self, source: str) -> str:
        """Return what tells whether bytecode is of `source`, compiled with the same options."""
        return super().get_source_checksum(self._options + source)

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return the path at which the bytecode is kept; empty if the template is not a file."""
        return cache_from_source(filename) if filename else ""

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load it, if it is of the template as it is; of a damaged file, jinja2 raises anything."""
        try:
            with open(bucket.key, "rb") as file:
                bucket.load_bytecode(file)
        except Exception:
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write it, whole or not at all, unless PYTHONDONTWRITEBYTECODE is set."""
        if sys.dont_write_bytecode or not bucket.key:
            return
        into = f"{bucket.key}.{os.getpid()}"
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(bucket.key), exist_ok=True)
            with open(into, "xb") as file:
                bucket.write_bytecode(file)
            os.replace(into, bucket.key)
