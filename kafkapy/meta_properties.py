"""`meta.properties`: which cluster and which node a data directory belongs to."""

from __future__ import annotations

from collections.abc import Callable

from kafkapy.storage.disk import Disk
from kafkapy.storage.errors import DiskError

_FILE = "meta.properties"


def load_cluster_id(
    disk: Disk, node_id: int, configured: str | None, new_cluster_id: Callable[[], str]
) -> str:
    """Read the directory's cluster id, or write a new one where there is none.

    Raises DiskError where the directory belongs to another node or another cluster, or where the
    file is damaged.
    """
    if _FILE in disk.list():
        try:
            known = _parse(disk.read(_FILE).decode())
        except UnicodeDecodeError as error:
            raise DiskError(f"{_FILE} is damaged: {error}") from error
        if known.get("node.id", str(node_id)) != str(node_id):
            raise DiskError(f"The data directory belongs to node.id {known['node.id']}.")
        if configured is not None and known.get("cluster.id", configured) != configured:
            raise DiskError(f"The data directory belongs to cluster {known['cluster.id']}.")
        if "cluster.id" in known:
            return known["cluster.id"]
    cluster_id = configured or new_cluster_id()
    lines = ["version=1", f"cluster.id={cluster_id}", f"node.id={node_id}", ""]
    disk.replace(_FILE, "\n".join(lines).encode(), sync=True)
    return cluster_id


def _parse(text: str) -> dict[str, str]:
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {key.strip(): value.strip() for key, _, value in pairs}
