"""DescribeConfigs v0-4: every key of topics, brokers and groups, with value and source (KIP-133).

- v1: the source of a value and its synonyms; v0 only says whether it is the default.
- v3: the type of a key and, where asked for, its documentation (KIP-569).
"""

from __future__ import annotations

from collections.abc import Callable

from kafkapy.config.describe import ConfigEntry
from kafkapy.errors import ApiError
from kafkapy.metadata.resources import describe_resource
from kafkapy.server.context import RequestContext
from kafkapy.wire.messages.describe_configs import (
    DescribeConfigsRequest,
    DescribeConfigsResource,
    DescribeConfigsResourceResult,
    DescribeConfigsResponse,
    DescribeConfigsResult,
    DescribeConfigsSynonym,
)


async def handle(
    request: DescribeConfigsRequest, context: RequestContext
) -> DescribeConfigsResponse:
    """Describe each resource by itself."""
    document = _no_documentation
    if request.include_documentation:
        from kafkapy.config.documentation import document  # texts that are seldom asked for
    return DescribeConfigsResponse(
        results=[
            _describe(resource, request.include_synonyms, document, context)
            for resource in request.resources
        ]
    )


def _no_documentation(name: str) -> str | None:
    return None


def _describe(
    resource: DescribeConfigsResource,
    include_synonyms: bool,
    document: Callable[[str], str | None],
    context: RequestContext,
) -> DescribeConfigsResult:
    result = DescribeConfigsResult(
        error_message=None,
        resource_type=resource.resource_type,
        resource_name=resource.resource_name,
    )
    image = context.broker.image
    try:
        entries = describe_resource(resource.resource_type, resource.resource_name, image)
    except ApiError as error:
        result.error_code = error.code
        result.error_message = error.message or error.code.message
        return result
    wanted = resource.configuration_keys
    # An empty list is what old clients send for all keys.
    result.configs = [
        _entry(entry, include_synonyms, document(entry.name))
        for entry in entries
        if not wanted or entry.name in wanted
    ]
    return result


def _entry(
    entry: ConfigEntry, include_synonyms: bool, documentation: str | None
) -> DescribeConfigsResourceResult:
    synonyms = entry.synonyms if include_synonyms else ()
    return DescribeConfigsResourceResult(
        name=entry.name,
        value=entry.value,
        read_only=entry.is_read_only,
        is_default=entry.is_default,
        config_source=entry.source,
        is_sensitive=entry.is_sensitive,
        synonyms=[
            DescribeConfigsSynonym(name=each.name, value=each.value, source=each.source)
            for each in synonyms
        ],
        config_type=entry.type,
        documentation=documentation,
    )
