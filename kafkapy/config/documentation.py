"""What each key means, for DescribeConfigs. Apart from the tables, for few ever ask."""

from __future__ import annotations

from kafkapy.config.checks import group_bounds
from kafkapy.config.registry import BROKER, CLIENT_METRICS, GROUP, TOPIC, group_synonym
from kafkapy.config.topic_keys import TOPIC_SYNONYMS

_INERT = "Accepted so that Kafka's files and tools work; this broker does nothing with it."

_TOPIC = {
    "segment.bytes": "The size at which a segment file is closed and a new one begun.",
    "segment.ms": "The age at which a segment is closed, so that it can expire or be compacted.",
    "segment.jitter.ms": "The most that is taken at random off segment.ms, to spread the work.",
    "segment.index.bytes": "The most that an offset or time index may grow to.",
    "flush.messages": "After how many records the log is forced to disk.",
    "flush.ms": "How long a record may wait before the log is forced to disk.",
    "retention.bytes": "How much of each partition is kept under delete; -1 is all of it.",
    "retention.ms": "How long records are kept under delete; -1 is for ever.",
    "max.message.bytes": "The largest record batch that is accepted, as it arrives.",
    "index.interval.bytes": "How many bytes of the log lie between two index entries.",
    "delete.retention.ms": "How long a tombstone outlives the compaction of its key.",
    "min.compaction.lag.ms": "How long a record is safe from compaction.",
    "max.compaction.lag.ms": "After how long a record is compacted, whatever the dirty ratio.",
    "file.delete.delay.ms": "How long the files of a deleted segment stay on disk.",
    "min.cleanable.dirty.ratio": "Which share of a log must be uncompacted before it is compacted.",
    "cleanup.policy": "delete drops old segments, compact keeps the last record of each key; "
    "both can be set, or neither.",
    "min.insync.replicas": "How many replicas an acks=all write needs. One broker has one replica.",
    "compression.type": "What batches are stored as; producer keeps what arrives.",
    "compression.gzip.level": "The level for gzip, where the broker compresses; -1 is the usual.",
    "compression.lz4.level": "The level for lz4, where the broker compresses.",
    "compression.zstd.level": "The level for zstd, where the broker compresses.",
    "message.timestamp.type": "Whether a record has its producer's time or that of the append.",
    "message.timestamp.before.max.ms": "How far a producer's time may lie in the past.",
    "message.timestamp.after.max.ms": "How far a producer's time may lie in the future.",
    "internal.segment.bytes": "As segment.bytes, without its least value; for tests.",
}

_GROUP = {
    "consumer.session.timeout.ms": "After how long without a heartbeat a consumer is removed.",
    "consumer.heartbeat.interval.ms": "How often consumers send a heartbeat.",
    "consumer.assignment.interval.ms": "The least time between two assignments of a group.",
    "share.session.timeout.ms": "After how long without a heartbeat a share member is removed.",
    "share.heartbeat.interval.ms": "How often share members send a heartbeat.",
    "share.record.lock.duration.ms": "How long a fetched record is reserved for its consumer.",
    "share.delivery.count.limit": "How often a record is delivered before it is given up.",
    "share.partition.max.record.locks": "How many records of a partition may be out at once.",
    "share.auto.offset.reset": "Where a group starts: earliest, latest, or by_duration:PT1H ago.",
    "share.isolation.level": "Whether records of open and aborted transactions are delivered.",
    "share.renew.acknowledge.enable": "Whether consumers may extend their hold on a record.",
    "share.assignment.interval.ms": "The least time between two assignments of a share group.",
    "streams.session.timeout.ms": "After how long without a heartbeat a Streams member is removed.",
    "streams.heartbeat.interval.ms": "How often Streams members send a heartbeat.",
    "streams.num.standby.replicas": "How many warm copies of each task's state are kept.",
    "streams.initial.rebalance.delay.ms": "How long a new Streams group waits for more members.",
    "streams.assignment.interval.ms": "The least time between two assignments of a Streams group.",
}

_CLIENT_METRICS = {
    "metrics": "The name prefixes of the metrics that clients push; * is all of them.",
    "interval.ms": "How often clients push, from 100 ms to an hour.",
    "match": "Which clients the subscription is for, as name=regular expression.",
}

_BROKER = {
    "advertised.listeners": "The addresses that clients are told. Unset, they are the listeners; "
    "one on all interfaces is then the address that the client came by.",
    "broker.id": "The older name of node.id.",
    "broker.rack": "The rack of this broker, for clients that prefer what is near.",
    "controller.listener.names": "Listeners of controllers. This broker opens none of them.",
    "listener.security.protocol.map": "The security protocol of each listener's name; "
    "only PLAINTEXT is served yet.",
    "listeners": "Where to accept connections, as NAME://host:port. Without a host it is all "
    "interfaces, port 0 is any free port.",
    "node.id": "The id by which clients know this broker.",
    "process.roles": "Must contain broker. What a controller does is done by the broker itself.",
    "connection.failed.authentication.delay.ms": "How long a failed login waits for its answer.",
    "connections.max.idle.ms": "After how long without a request a connection is closed.",
    "connections.max.reauth.ms": "How long a login lasts until it must be repeated; 0 is for ever.",
    "max.connection.creation.rate": "How many connections a second are accepted.",
    "max.connections": "How many connections may be open.",
    "max.connections.per.ip": "How many connections one address may have open.",
    "max.connections.per.ip.overrides": "Other limits for some addresses, as address:number,….",
    "queued.max.request.bytes": "How many bytes of requests may be in work; -1 is no limit.",
    "queued.max.requests": "How many requests may be in work before reading stops.",
    "socket.listen.backlog.size": "How many connections may wait to be accepted.",
    "socket.receive.buffer.bytes": "The receive buffer of a socket; -1 is the system's choice.",
    "socket.request.max.bytes": "The largest request; a larger one ends the connection.",
    "socket.send.buffer.bytes": "The send buffer of a socket; -1 is the system's choice.",
    "controller.quota.window.num": "Over how many windows changes of topics are averaged.",
    "controller.quota.window.size.seconds": "The length of such a window.",
    "fetch.max.bytes": "The most that one fetch returns, whatever the client asks for.",
    "max.incremental.fetch.session.cache.slots": "How many fetch sessions are kept.",
    "max.request.elements": "The most elements that the arrays of a request may have together; "
    "one with more ends the connection.",
    "max.validated.records": "Up to how many records an uncompressed batch may have to be looked "
    "into when it is appended; -1 for every batch, as Kafka does, at a cost for each record.",
    "max.request.partition.size.limit": "How many partitions one page of a description has.",
    "quota.window.num": "Over how many windows a client's rate is averaged.",
    "quota.window.size.seconds": "The length of such a window.",
    "telemetry.max.bytes": "The largest batch of metrics that a client may push.",
    "authorizer.class.name": "What has ACLs decide. There are none yet, so only empty is accepted.",
    "allow.everyone.if.no.acl.found": "Whether what no ACL speaks of is open to everyone.",
    "super.users": "Principals that may do anything, as User:name;User:name.",
    "sasl.enabled.mechanisms": "The SASL mechanisms that clients may use.",
    "sasl.jaas.config": "The login module of a mechanism, with its users.",
    "sasl.oauthbearer.clock.skew.seconds": "How far the token server's clock may differ.",
    "sasl.oauthbearer.expected.audience": "The audiences that a token may be for.",
    "sasl.oauthbearer.expected.issuer": "Who must have issued a token.",
    "sasl.oauthbearer.jwks.endpoint.url": "Where the keys that verify tokens are.",
    "sasl.oauthbearer.scope.claim.name": "The claim of a token that has the scope.",
    "sasl.oauthbearer.sub.claim.name": "The claim of a token that names the principal.",
    "sasl.server.max.receive.size": "The largest message of a login.",
    "ssl.cipher.suites": "The cipher suites that are allowed; none means the library's choice.",
    "ssl.client.auth": "Whether clients need a certificate: required, requested or none.",
    "ssl.enabled.protocols": "The versions of TLS that are allowed.",
    "ssl.key.password": "What the private key is encrypted with.",
    "ssl.keystore.certificate.chain": "The certificates to show, as PEM.",
    "ssl.keystore.key": "The private key, as PEM.",
    "ssl.keystore.location": "The file with the private key and its certificates.",
    "ssl.keystore.password": "What opens the key store.",
    "ssl.keystore.type": "The format of the key store.",
    "ssl.principal.mapping.rules": "How a certificate's name becomes a principal.",
    "ssl.truststore.certificates": "The authorities to trust, as PEM.",
    "ssl.truststore.location": "The file with the authorities to trust.",
    "ssl.truststore.password": "What opens the trust store.",
    "ssl.truststore.type": "The format of the trust store.",
    "log.cleaner.backoff.ms": "How long compaction rests when there is nothing to compact.",
    "log.cleaner.dedupe.buffer.size": "The memory for the keys of a log, 24 bytes for each.",
    "log.cleaner.enable": "Whether topics are compacted.",
    "log.cleaner.io.buffer.load.factor": "How full the memory for keys may get.",
    "log.cleaner.io.max.bytes.per.second": "How much compaction may read and write in a second.",
    "log.flush.offset.checkpoint.interval.ms": "How often logs are flushed so far that a start "
    "after a crash has little to check.",
    "log.dir": "The directory of the data, where log.dirs is not set.",
    "log.dirs": "The directory of the data; one, not several.",
    "log.initial.task.delay.ms": "How long after the start clean-up begins.",
    "log.retention.check.interval.ms": "How often expired segments are looked for.",
    "auto.create.topics.enable": "Whether asking for a topic that is missing creates it.",
    "default.replication.factor": "The replicas of a topic that asks for the default; one exists.",
    "delete.topic.enable": "Whether topics can be deleted.",
    "num.partitions": "The partitions of a topic that asks for the default.",
    "group.coordinator.rebalance.protocols": "The kinds of groups that are served.",
    "group.initial.rebalance.delay.ms": "How long a new classic group waits for more members.",
    "group.max.session.timeout.ms": "The longest session that a classic member may ask for.",
    "group.min.session.timeout.ms": "The shortest session that a classic member may ask for.",
    "group.max.size": "How many members a classic group may have.",
    "group.consumer.max.size": "How many members a consumer group may have.",
    "group.share.max.size": "How many members a share group may have.",
    "group.streams.max.size": "How many members a Streams group may have.",
    "group.share.max.share.sessions": "How many sessions of share consumers are kept.",
    "group.consumer.assignors": "The assignors of consumer groups; the first is the default.",
    "group.consumer.migration.policy": "Whether groups change between classic and consumer.",
    "group.share.assignors": "The assignor of share groups.",
    "offset.metadata.max.bytes": "The longest text that may come with a committed offset.",
    "offsets.retention.check.interval.ms": "How often expired offsets are looked for.",
    "offsets.retention.minutes": "How long offsets outlive a group without members.",
    "offsets.topic.num.partitions": "The partitions of __consumer_offsets.",
    "offsets.topic.replication.factor": "The replicas of __consumer_offsets; one exists.",
    "offsets.topic.segment.bytes": "The segment size of __consumer_offsets.",
    "producer.id.expiration.check.interval.ms": "How often idle producers are looked for.",
    "producer.id.expiration.ms": "After how long an idle producer is forgotten.",
    "share.coordinator.snapshot.update.records.per.snapshot": "How many updates of a share "
    "partition's state come between two snapshots.",
    "share.coordinator.state.topic.min.isr": "The least in-sync replicas of __share_group_state.",
    "share.coordinator.state.topic.num.partitions": "The partitions of __share_group_state.",
    "share.coordinator.state.topic.replication.factor": "The replicas of __share_group_state.",
    "share.coordinator.state.topic.segment.bytes": "The segment size of __share_group_state.",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "How often transactions that "
    "are open for too long are looked for.",
    "transaction.max.timeout.ms": "The longest transaction that a producer may ask for.",
    "transaction.remove.expired.transaction.cleanup.interval.ms": "How often transactional ids "
    "that nobody uses are looked for.",
    "transaction.state.log.min.isr": "The least in-sync replicas of __transaction_state.",
    "transaction.state.log.num.partitions": "The partitions of __transaction_state.",
    "transaction.state.log.replication.factor": "The replicas of __transaction_state; one exists.",
    "transaction.state.log.segment.bytes": "The segment size of __transaction_state.",
    "transaction.two.phase.commit.enable": "Whether a transaction may wait for its coordinator "
    "without a timeout (KIP-939).",
    "transaction.partition.verification.enable": "Whether records of a transaction are refused "
    "where the client has not added their partition to it; later clients leave that to Produce.",
    "transactional.id.expiration.ms": "After how long an idle transactional id is forgotten.",
}


def _from_relations() -> dict[str, str]:
    """Describe the broker keys that say something of a topic's or a group's key."""
    texts = {}
    for topic_key, synonyms in TOPIC_SYNONYMS.items():
        for name, factor in synonyms:
            unit = "" if factor == 1 else f", in {name.rpartition('.')[2]}"
            texts[name] = f"The default of the topic key {topic_key}{unit}."
    for group_key in GROUP:
        low, high = group_bounds(group_key)
        for limit, bound in ((low, "least"), (high, "greatest")):
            if limit is not None:
                texts[limit] = f"The {bound} value that the group key {group_key} may have."
        synonym = group_synonym(group_key)
        if synonym is not None:
            texts[synonym] = f"The default of the group key {group_key}."
    return texts


def of_topic(name: str) -> str | None:
    """Say what a topic key means; None for a key that does not exist."""
    return _TOPIC.get(name, _INERT) if name in TOPIC else None


def of_group(name: str) -> str | None:
    """Say what a group key means; None for a key that does not exist."""
    return _GROUP[name] if name in GROUP else None


def of_client_metrics(name: str) -> str | None:
    """Say what a key of a telemetry subscription means; None for one that does not exist."""
    return _CLIENT_METRICS[name] if name in CLIENT_METRICS else None


_ALL_BROKER = _from_relations() | _BROKER


def of_broker(name: str) -> str | None:
    """Say what a broker key means; None for a key that does not exist."""
    key = BROKER.get(name)
    if key is None:
        return _BROKER.get(name)
    return _ALL_BROKER[name] if key.acts else _INERT
