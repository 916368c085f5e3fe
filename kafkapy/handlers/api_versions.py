"""ApiVersions v0-4: which APIs this broker serves, in which versions (KIP-35, KIP-511).

- A version that the broker does not know is answered in the layout of version 0, with
  UNSUPPORTED_VERSION and the whole table; the context's version is -1 then.
- From v3 on the client names its software; a name that is not well-formed is INVALID_REQUEST.
"""

from __future__ import annotations

import re

from kafkapy.server.context import RequestContext
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.api_versions import (
    ApiVersion,
    ApiVersionsRequest,
    ApiVersionsResponse,
)

_SOFTWARE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")


async def handle(request: ApiVersionsRequest, context: RequestContext) -> ApiVersionsResponse:
    """Answer with the table of APIs that work."""
    if context.api_version >= 3:
        name, version = request.client_software_name, request.client_software_version
        if not _SOFTWARE.fullmatch(name) or not _SOFTWARE.fullmatch(version):
            return ApiVersionsResponse(error_code=ErrorCode.INVALID_REQUEST)
        context.peer.client_software_name = name
        context.peer.client_software_version = version
    is_unknown = context.api_version < 0
    return ApiVersionsResponse(
        error_code=ErrorCode.UNSUPPORTED_VERSION if is_unknown else ErrorCode.NONE,
        api_keys=[
            ApiVersion(api_key=key, min_version=versions.first, max_version=versions.last)
            for key, (versions, _) in sorted(context.broker.dispatcher.table.items())
        ],
    )
