"""What Raft writes to the cluster metadata log and its snapshots besides metadata.

These are the values of control records (KIP-595, KIP-630, KIP-853); the type is in the key (see
`kafkapy.wire.records.control`, which also has the end markers of transactions). Nothing stands
before the message: its own first field is its version.
"""

from __future__ import annotations

from kafkapy.wire.schema import (
    Data,
    Struct,
    array,
    int16,
    int32,
    int64,
    string,
    struct,
    uint16,
    uuid,
)


class ElectionVoter(Struct):
    """A voter, as an election names it."""

    voter_id: int = int32()
    voter_directory_id: bytes = uuid("1+")


class LeaderChangeMessage(Data, versions="0-1", flexible="0+"):
    """The first record of a new Raft leader."""

    version: int = int16()
    leader_id: int = int32()
    voters: list[ElectionVoter] = array(ElectionVoter)
    granting_voters: list[ElectionVoter] = array(ElectionVoter)  # those who voted for the leader


class SnapshotHeaderRecord(Data, versions="0", flexible="0+"):
    """The first record of a snapshot."""

    version: int = int16()
    last_contained_log_timestamp: int = int64()  # epoch milliseconds


class SnapshotFooterRecord(Data, versions="0", flexible="0+"):
    """The last record of a snapshot; without it the snapshot is incomplete."""

    version: int = int16()


class KRaftVersionRecord(Data, versions="0", flexible="0+"):
    """The `kraft.version` from here on: 0 has static voters, 1 dynamic ones."""

    version: int = int16()
    kraft_version: int = int16()


class Endpoint(Struct):
    """Where a node is reached."""

    name: str = string()
    host: str = string()
    port: int = uint16()


class KRaftVersionFeature(Struct):
    """The range of `kraft.version` that a voter supports."""

    min_supported_version: int = int16()
    max_supported_version: int = int16()


class Voter(Struct):
    """A voter and where it is reached."""

    voter_id: int = int32()
    voter_directory_id: bytes = uuid()
    endpoints: list[Endpoint] = array(Endpoint)
    kraft_version_feature: KRaftVersionFeature = struct(KRaftVersionFeature)


class VotersRecord(Data, versions="0", flexible="0+"):
    """The set of voters from here on."""

    version: int = int16()
    voters: list[Voter] = array(Voter)
