"""DescribeConfigs v0-4: every key of topics, brokers and groups, with value and source (KIP-133).

- v1: the source of a value and its synonyms; v0 only says whether it is the default.
- v3: the type of a key and, where asked for, its documentation (KIP-569).
"""

from __future__ import annotations

from kafkapy.config.describe import ConfigEntry
from kafkapy.errors import ApiError
from kafkapy.metadata.image import BROKER, CLIENT_METRICS, GROUP, TOPIC
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
    """Describe each resource by itself; what is asked for again costs little more."""
    described: dict[tuple[object, ...], DescribeConfigsResult] = {}
    places = []
    for resource in request.resources:
        keys = resource.configuration_keys
        place = resource.resource_type, resource.resource_name, *(keys or ())
        if place not in described:
            described[place] = _describe(resource, request, context)
        places.append(place)
    return DescribeConfigsResponse(results=[described[place] for place in places])


def _describe(
    resource: DescribeConfigsResource, request: DescribeConfigsRequest, context: RequestContext
) -> DescribeConfigsResult:
    result = DescribeConfigsResult(
        error_message="",
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
        _entry(entry, request.include_synonyms)
        for entry in entries
        if not wanted or entry.name in wanted
    ]
    if request.include_documentation:
        _document(result)
    return result


def _entry(entry: ConfigEntry, include_synonyms: bool) -> DescribeConfigsResourceResult:
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
        documentation=None,
    )


def _document(result: DescribeConfigsResult) -> None:
    from kafkapy.config import documentation  # texts that are seldom asked for

    documented = {
        TOPIC: documentation.of_topic,
        BROKER: documentation.of_broker,
        CLIENT_METRICS: documentation.of_client_metrics,
        GROUP: documentation.of_group,
    }
    of = documented.get(result.resource_type)
    for config in result.configs:
        config.documentation = of(config.name) if of else ""
