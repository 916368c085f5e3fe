"""ApiVersions v0-4: which APIs this broker serves, in which versions (KIP-35, KIP-511).

- A version that the broker does not know is answered in the layout of version 0, with
  UNSUPPORTED_VERSION and the versions of ApiVersions alone; the context's version is -1 then.
- v3: the client names its software; a name that is not well-formed is INVALID_REQUEST. The answer
  tells the levels of features (KIP-584).
- v4: features may start at level 0; older clients cannot read those, so they are left out there.
"""

from __future__ import annotations

import re

from kafkapy.metadata.features import SUPPORTED_FEATURES
from kafkapy.server.context import RequestContext
from kafkapy.wire.api import ApiKey
from kafkapy.wire.error_codes import ErrorCode
from kafkapy.wire.messages.api_versions import (
    ApiVersion,
    ApiVersionsRequest,
    ApiVersionsResponse,
    FinalizedFeatureKey,
    SupportedFeatureKey,
)

_SOFTWARE = re.compile(r"[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?")


async def handle(request: ApiVersionsRequest, context: RequestContext) -> ApiVersionsResponse:
    """Answer with the table of APIs that work."""
    versions = {key: served.versions for key, served in context.broker.dispatcher.table.items()}
    if context.api_version < 0:
        first, last = versions[ApiKey.API_VERSIONS]
        return ApiVersionsResponse(
            error_code=ErrorCode.UNSUPPORTED_VERSION,
            api_keys=[ApiVersion(ApiKey.API_VERSIONS, first, last)],
        )
    if context.api_version >= 3:
        name, version = request.client_software_name, request.client_software_version
        if not _SOFTWARE.fullmatch(name) or not _SOFTWARE.fullmatch(version):
            return ApiVersionsResponse(error_code=ErrorCode.INVALID_REQUEST)
        context.peer.client_software_name = name
        context.peer.client_software_version = version
    response = ApiVersionsResponse(
        api_keys=[ApiVersion(key, first, last) for key, (first, last) in sorted(versions.items())]
    )
    _describe_features(response, context)
    return response


def _describe_features(response: ApiVersionsResponse, context: RequestContext) -> None:
    least = 0 if context.api_version >= 4 else 1
    response.supported_features = [
        SupportedFeatureKey(name, first, last)
        for name, (first, last) in SUPPORTED_FEATURES.items()
        if first >= least
    ]
    response.finalized_features_epoch = context.broker.controller.metadata_offset
    response.finalized_features = [
        FinalizedFeatureKey(name, level, level)
        for name, level in context.broker.image.features.items()
    ]
