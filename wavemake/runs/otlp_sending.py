"""Sends a run's spans to a receiver of OTLP: in JSON, or in protobuf to one that takes only that.

opentelemetry-proto, an extra, has the schema that protobuf needs.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from typing import Any

from wavemake.runs.fields import parse, text
from wavemake.runs.otlp import Json

_SECONDS = 10
_MOST_ANSWER = 65536
_JSON = "application/json"
_PROTOBUF = "application/x-protobuf"
_IDS = ("traceId", "spanId", "parentSpanId")
# What receivers answer to a form that they do not take.
_OTHER_FORM = (400, 406, 415)


class NoProtobufError(Exception):
    """The receiver takes protobuf alone, and opentelemetry-proto is not installed."""


def send(url: str, requests: Iterable[Json]) -> str:
    """Send the requests; return why the receiver did not take all of it, or "".

    A URL without a path gets /v1/traces. The environment's OTEL_EXPORTER_OTLP_HEADERS is sent along, and
    OTEL_EXPORTER_OTLP_PROTOCOL chooses the form (http/json or http/protobuf); without it, JSON comes
    first. Raises OSError or ValueError where nothing is sent, and NoProtobufError.
    """
    parts = urllib.parse.urlsplit(url)
    if parts.path in ("", "/"):
        url = urllib.parse.urlunsplit(parts._replace(path="/v1/traces"))
    protocol = os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL", "")
    form = _PROTOBUF if protocol == "http/protobuf" else _JSON
    refusals = []
    for request in requests:
        try:
            refusals.append(_post(url, request, form))
        except urllib.error.HTTPError as error:
            if form == _PROTOBUF or protocol == "http/json" or error.code not in _OTHER_FORM:
                raise
            form = _PROTOBUF
            refusals.append(_post(url, request, form))
    return next(filter(None, refusals), "")


def _post(url: str, request: Json, form: str) -> str:
    """Send a request; return why some of it was refused, if it was."""
    body = _protobuf(request) if form == _PROTOBUF else json.dumps(request).encode()
    posted = urllib.request.Request(url, body, {"content-type": form, **_headers()})
    try:
        with urllib.request.urlopen(posted, timeout=_SECONDS) as reply:
            answer = reply.read(_MOST_ANSWER)
            its_form = reply.headers.get_content_type()
    except http.client.HTTPException as error:
        raise OSError(f"what answers there is no receiver: {error!r}") from error
    count, why = _refused(answer) if its_form == _PROTOBUF else _refused_json(answer)
    return (why or f"{count} spans were refused") if count else ""


def _refused_json(answer: bytes) -> tuple[int, str]:
    partial = parse(answer).get("partialSuccess")
    if not isinstance(partial, dict):
        return 0, ""
    count = str(partial.get("rejectedSpans", 0))
    return int(count) if count.isdigit() else 1, text(partial, "errorMessage")


def _refused(answer: bytes) -> tuple[int, str]:
    try:
        partial = _schema().ExportTraceServiceResponse.FromString(answer).partial_success
    except Exception as error:  # google.protobuf has a class for it, in a module of its own
        raise OSError(f"what answers there is no receiver: {error!r}") from error
    return partial.rejected_spans, partial.error_message


def _protobuf(request: Json) -> bytes:
    message = _schema().ExportTraceServiceRequest()
    from google.protobuf import json_format

    encoded: bytes = json_format.ParseDict(_with_base64(request), message).SerializeToString()
    return encoded


def _schema() -> Any:
    try:
        from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
    except ImportError as error:
        raise NoProtobufError from error
    return trace_service_pb2


def _with_base64(value: Any) -> Any:
    """Identifiers as protobuf's JSON has them: OTLP's own has hexadecimal digits."""
    if isinstance(value, list):
        return [_with_base64(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(each)).decode() if key in _IDS else _with_base64(each)
        for key, each in value.items()
    }


def _headers() -> dict[str, str]:
    """The headers that OTEL_EXPORTER_OTLP_HEADERS lists, as the SDKs read it."""
    pairs = os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(",")
    found = (pair.partition("=") for pair in pairs if "=" in pair)
    return {key.strip(): urllib.parse.unquote(value.strip()) for key, _, value in found}
