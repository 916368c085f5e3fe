"""Logs that go, and the names of what is left of them for a while."""

from kafkapy.storage.config import LogConfig
from kafkapy.storage.disk import OsDisk
from kafkapy.storage.engine import LogId

LOG = LogId("orders", 0, bytes(16))


async def test_a_log_can_be_deleted_while_an_earlier_one_of_its_name_is_still_there(
    opened, tmp_path
):
    client = await opened(OsDisk(tmp_path))
    for _ in range(3):
        await client.engine.create([LOG], LogConfig())
        await client.append(LOG, b"a")
        await client.engine.delete([LOG])
    assert list(tmp_path.glob("orders-0.*-delete"))
    client.clock.ms += 60_000
    await client.engine.maintain()
    assert not list(tmp_path.glob("orders-0*"))
    await client.engine.close()
