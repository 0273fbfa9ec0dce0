"""OTLP's log records in protobuf, the attributes and the body of each left as bytes: on the wire it is the same.

Most of a batch's attributes are equal to one before them, and bytes are compared sooner than they are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import FieldDescriptorProto, FileDescriptorProto
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1 import resource_pb2

from carnet.gateway.intake.contract import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")
BROKEN = "The body is no OTLP request in protobuf, or it was cut off."
MOST_KNOWN = 1 << 12
"""Different ones of one request that are remembered."""


def _request() -> Callable[[], Any]:
    pool = descriptor_pool.DescriptorPool()
    for module in (common_pb2, resource_pb2, logs_pb2, logs_service_pb2):
        file = FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
        for field in (field for one in file.message_type if one.name == "LogRecord" for field in one.field):
            if field.name in {"attributes", "body"}:
                field.type = FieldDescriptorProto.TYPE_BYTES
                field.ClearField("type_name")
        pool.Add(file)
    name = logs_service_pb2.ExportLogsServiceRequest.DESCRIPTOR.full_name
    found: Callable[[], Any] = message_factory.GetMessageClass(pool.FindMessageTypeByName(name))
    return found


Request = _request()


class Remembered(dict[Any, Found], Generic[Found]):
    """What came of bytes that were read before, as far as there is room; of one request, and gone with it."""

    def __init__(self, read: Callable[[Any], Found]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, data: Any) -> Found:
        found = self._read(data)
        if len(self) < MOST_KNOWN:
            self[data] = found
        return found


def attribute(data: bytes) -> tuple[str, Any]:
    """A name, and its value unread. Raises RefusedError."""
    try:
        found = common_pb2.KeyValue.FromString(data)
    except (DecodeError, RecursionError):
        raise RefusedError(400, BROKEN) from None
    return found.key, found.value


def value(data: bytes) -> Any:
    """A body. Raises RefusedError."""
    try:
        return common_pb2.AnyValue.FromString(data)
    except (DecodeError, RecursionError):
        raise RefusedError(400, BROKEN) from None
