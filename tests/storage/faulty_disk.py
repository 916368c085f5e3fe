"""A disk that fails as it is told, and two logs of small segments on it."""

import errno

from kafkapy.storage.config import LogConfig
from kafkapy.storage.disk import MemoryDisk
from kafkapy.storage.engine import LogId

LOG = LogId("orders", 0, bytes(range(16)))
OTHER = LogId("others", 0, bytes(range(16)))
SMALL = LogConfig(segment_bytes=1000, index_interval_bytes=100)
BATCH = b"x" * 50


class FaultyDisk(MemoryDisk):
    """Fails one operation on the files of `orders` whose names end with `suffix`."""

    def __init__(self):
        super().__init__()
        self.operation, self.suffix, self.errno = "", "", 0
        self.breaks_truncate = False
        self.failures = 0

    def set_fault(self, operation, suffix, number, *, breaks_truncate=False):
        self.operation, self.suffix, self.errno = operation, suffix, number
        self.breaks_truncate = breaks_truncate
        self.failures = 0

    def heal(self):
        self.operation = ""
        self.breaks_truncate = False

    def check(self, operation, path):
        if operation == self.operation and path.startswith("orders") and path.endswith(self.suffix):
            self.failures += 1
            raise OSError(self.errno, "injected")

    def open(self, path):
        self.check("open", path)
        if self.size(path) < 0:
            self.check("create", path)
        return FaultyFile(self, super().open(path), path)

    def replace(self, path, content, *, sync=False):
        self.check("replace", path)
        super().replace(path, content, sync=sync)

    def list(self, path=""):
        self.check("list", path)
        return super().list(path)

    def read(self, path):
        self.check("list", path)
        return super().read(path)


class FaultyFile:
    def __init__(self, disk, file, path):
        self._disk, self._file, self._path = disk, file, path
        self.close = file.close

    def append(self, pieces):
        try:
            self._disk.check("append", self._path)
        except OSError:
            self._file.append([b"".join(map(bytes, pieces))[:30]])
            raise
        self._file.append(pieces)

    def truncate(self, size):
        if self._disk.breaks_truncate:
            raise OSError(errno.EIO, "injected")
        self._file.truncate(size)

    def pread(self, size, position):
        self._disk.check("pread", self._path)
        return self._file.pread(size, position)

    def fsync(self):
        self._disk.check("fsync", self._path)
        self._file.fsync()


def crash(client):
    client.engine._release()


async def started(opened, disk, config=SMALL, **options):
    client = await opened(disk, **options)
    logs = set(client.engine.logs())
    await client.engine.create([log for log in (LOG, OTHER) if log not in logs], config)
    for log in (LOG, OTHER):
        await client.engine.configure(log, config)
    return client


async def offsets(client, log=LOG):
    return [offset for offset, _ in await client.values(log)]
