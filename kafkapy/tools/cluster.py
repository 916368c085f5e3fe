"""`kafkapy cluster`: which brokers there are."""

from __future__ import annotations

from typing import Any

import click

from kafkapy.tools.client import Admin
from kafkapy.tools.options import connection_options, json_option
from kafkapy.tools.output import show_fields, show_json, show_table


@click.group("cluster", short_help="Show the brokers.")
def command() -> None:
    """Show the cluster."""


@command.command("info")
@json_option
@connection_options
def info(properties: dict[str, str], as_json: bool) -> None:
    """Show the id of the cluster, its brokers and which of them is the controller."""
    admin = Admin(properties)
    cluster = admin.result(admin.client.describe_cluster())
    controller = cluster.controller.id if cluster.controller else None
    summary = {"cluster_id": cluster.cluster_id, "controller": controller}
    brokers = [_broker(node) for node in sorted(cluster.nodes, key=lambda node: node.id)]
    if as_json:
        show_json({**summary, "brokers": brokers})
        return
    show_fields(summary)
    print()
    show_table(brokers, ["id", "host", "port", "rack"])


def _broker(node: Any) -> dict[str, object]:
    return {"id": node.id, "host": node.host, "port": node.port, "rack": node.rack}
