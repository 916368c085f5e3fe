//! The clients of a scenario, and what all scenarios do with them.

use futures_executor::block_on;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::{ClientContext, DefaultClientContext};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, Rebalance};
use rdkafka::error::{KafkaResult, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::producer::future_producer::{DeliveryFuture, FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

pub const WAIT: Duration = Duration::from_secs(30);
pub const PAUSE: Duration = Duration::from_millis(20);

pub type Admin = AdminClient<DefaultClientContext>;
pub type Member = BaseConsumer<Rebalances>;

/// A result, and where there is none Kafka's code.
pub type Answer<T> = Result<T, RDKafkaErrorCode>;

/// What has happened to a consumer.
#[derive(Default)]
pub struct Rebalances {
    pub assignments: AtomicUsize,
    pub revoked: AtomicUsize,
}

impl ClientContext for Rebalances {}

impl ConsumerContext for Rebalances {
    fn post_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(_) => self.assignments.fetch_add(1, Ordering::SeqCst),
            Rebalance::Revoke(taken) => self.revoked.fetch_add(taken.count(), Ordering::SeqCst),
            Rebalance::Error(error) => panic!("{error}"),
        };
    }
}

/// Ask until there is an answer.
pub fn eventually<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + WAIT;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < deadline, "not in time: {what}");
    }
}

/// Poll until a record comes; a poll that took part in a rebalance gives nothing.
pub fn next(consumer: &Member) -> BorrowedMessage<'_> {
    let polled = eventually("a record", || consumer.poll(PAUSE));
    polled.expect("a record, not an error")
}

/// Poll once; what comes is dropped.
pub fn poll(consumer: &Member) {
    if let Some(polled) = consumer.poll(PAUSE) {
        polled.expect("no error");
    }
}

/// Leave the group. When a consumer is dropped that was given partitions and has not polled since,
/// the crate waits for ever; so it is to hear of them first.
pub fn leave(member: Member) {
    member.unsubscribe();
    for _ in 0..3 {
        poll(&member);
    }
}

pub fn text(bytes: Option<&[u8]>) -> Option<String> {
    bytes.map(|found| String::from_utf8(found.to_vec()).unwrap())
}

pub fn value_of(message: &BorrowedMessage) -> String {
    text(message.payload()).expect("a value")
}

/// A record for the first partition.
pub fn record<'a>(topic: &'a str, value: &'a str) -> FutureRecord<'a, str, str> {
    FutureRecord::to(topic).partition(0).payload(value)
}

/// Hand a record to the producer, which sends it when it likes.
pub fn put(producer: &FutureProducer, record: FutureRecord<str, str>) -> DeliveryFuture {
    producer
        .send_result(record)
        .map_err(|(error, _)| error)
        .unwrap()
}

pub fn delivered(delivery: DeliveryFuture) -> Answer<()> {
    match block_on(delivery).expect("a report of the delivery") {
        Ok(_) => Ok(()),
        Err((error, _)) => Err(error.rdkafka_error_code().unwrap()),
    }
}

pub struct Scenario {
    pub bootstrap: String,
    pub topic: String,
    pub group: String,
}

impl Scenario {
    pub fn new(bootstrap: &str, topic: &str) -> Self {
        Scenario {
            bootstrap: bootstrap.to_string(),
            topic: topic.to_string(),
            group: format!("{topic}-group"),
        }
    }

    /// The usual options; those that follow overrule them.
    fn config(&self, usual: &[(&str, &str)], options: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        config.set("reconnect.backoff.max.ms", "500");
        for (key, value) in usual.iter().chain(options) {
            config.set(*key, *value);
        }
        config
    }

    pub fn admin(&self) -> Admin {
        self.config(&[], &[]).create().unwrap()
    }

    pub fn producer(&self, options: &[(&str, &str)]) -> FutureProducer {
        let usual = [("enable.idempotence", "true"), ("linger.ms", "5")];
        self.config(&usual, options).create().unwrap()
    }

    pub fn consumer(&self, options: &[(&str, &str)]) -> Member {
        let usual = [
            ("group.id", self.group.as_str()),
            ("auto.offset.reset", "earliest"),
            ("enable.auto.commit", "false"),
            ("check.crcs", "true"),
            ("fetch.wait.max.ms", "100"),
            ("heartbeat.interval.ms", "200"),
            ("session.timeout.ms", "6000"),
        ];
        let config = self.config(&usual, options);
        config.create_with_context(Rebalances::default()).unwrap()
    }

    pub fn member(&self, options: &[(&str, &str)]) -> Member {
        let member = self.consumer(options);
        member.subscribe(&[&self.topic]).unwrap();
        member
    }

    /// A consumer of the first partition, from an offset on, without a group.
    pub fn reader(&self, offset: Offset, options: &[(&str, &str)]) -> Member {
        let reader = self.consumer(options);
        reader.assign(&self.first_partition(offset)).unwrap();
        reader
    }

    pub fn first_partition(&self, offset: Offset) -> TopicPartitionList {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.topic, 0, offset).unwrap();
        list
    }

    pub fn try_create(&self, name: &str, partitions: i32, configs: &[(&str, &str)]) -> Answer<()> {
        let mut topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
        for (key, value) in configs {
            topic = topic.set(key, value);
        }
        let created = block_on(self.admin().create_topics(&[topic], &AdminOptions::new()));
        created
            .unwrap()
            .remove(0)
            .map(drop)
            .map_err(|(_, code)| code)
    }

    /// Records stay, however long ago their timestamps are, unless something else is asked for.
    pub fn create(&self, partitions: i32, configs: &[(&str, &str)]) -> Admin {
        let mut wanted = configs.to_vec();
        if !configs.iter().any(|(key, _)| *key == "retention.ms") {
            wanted.push(("retention.ms", "-1"));
        }
        self.try_create(&self.topic, partitions, &wanted).unwrap();
        let admin = self.admin();
        self.await_partitions(&admin, partitions);
        admin
    }

    /// How many partitions the topic has; none when it is not listed.
    pub fn partitions(&self, admin: &Admin) -> i32 {
        let metadata = admin.inner().fetch_metadata(None, WAIT).unwrap();
        let mut topics = metadata.topics().iter();
        let found = topics.find(|one| one.name() == self.topic);
        found.map_or(0, |one| one.partitions().len() as i32)
    }

    /// Where metadata travels by itself, what was changed is seen soon, not at once.
    pub fn await_partitions(&self, admin: &Admin, partitions: i32) {
        eventually("the partitions", || {
            (self.partitions(admin) == partitions).then_some(())
        });
    }

    /// Put records stamped 1000, 2000, ... into the first partition.
    pub fn send_stamped(&self, count: i64) {
        let stamps: Vec<i64> = (1..=count).map(|n| n * 1000).collect();
        self.send_at(&stamps);
    }

    pub fn send_at(&self, stamps: &[i64]) {
        let producer = self.producer(&[]);
        let put = |stamp: &i64| put(&producer, record(&self.topic, "v").timestamp(*stamp));
        let deliveries: Vec<_> = stamps.iter().map(put).collect();
        deliveries
            .into_iter()
            .for_each(|one| delivered(one).unwrap());
    }

    /// The first offset at a time; librdkafka's name for the end where there is none.
    pub fn offset_at(&self, timestamp_ms: i64) -> Offset {
        let asked = self.first_partition(Offset::Offset(timestamp_ms));
        let found = self.consumer(&[]).offsets_for_times(asked, WAIT).unwrap();
        let offset = found.elements()[0].offset();
        offset
    }

    /// The first offset of the first partition, and the one after the last.
    pub fn watermarks(&self) -> (i64, i64) {
        let found: KafkaResult<_> = self.consumer(&[]).fetch_watermarks(&self.topic, 0, WAIT);
        found.unwrap()
    }

    pub fn committed(&self) -> i64 {
        let asked = self.first_partition(Offset::Invalid);
        let found = self.consumer(&[]).committed_offsets(asked, WAIT).unwrap();
        let offset = found.elements()[0].offset();
        offset.to_raw().expect("an offset")
    }
}
