//! One scenario with the rdkafka crate: compat BOOTSTRAP SCENARIO NAME [CODEC].
//! What was seen is printed as one line of JSON; a failure is an exit status other than 0.

use futures_executor::block_on;
use rdkafka::admin::{
    AdminClient, AdminOptions, AlterConfig, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use std::collections::HashSet;
use std::env;
use std::time::{Duration, Instant};

const RECORDS: usize = 200;
const WAIT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

struct Scenario {
    bootstrap: String,
    topic: String,
    codec: String,
}

type Admin = AdminClient<DefaultClientContext>;

/// Where metadata travels by itself, what was changed is seen soon, not at once.
fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + WAIT;
    while !condition() {
        assert!(Instant::now() < deadline, "not in time: {what}");
    }
}

/// Poll until a record comes; a poll that took part in a rebalance gives nothing.
fn next(consumer: &BaseConsumer) -> BorrowedMessage<'_> {
    let deadline = Instant::now() + WAIT;
    while Instant::now() < deadline {
        if let Some(polled) = consumer.poll(PAUSE) {
            return polled.expect("a record, not an error");
        }
    }
    panic!("no record in time");
}

fn value(n: usize) -> String {
    format!("value-{n} ").repeat(20)
}

impl Scenario {
    fn config(&self, options: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap);
        for (key, value) in options {
            config.set(*key, *value);
        }
        config
    }

    fn create(&self, partitions: i32, configs: &[(&str, &str)]) -> Admin {
        let admin: Admin = self.config(&[]).create().unwrap();
        let mut topic = NewTopic::new(&self.topic, partitions, TopicReplication::Fixed(1));
        for (key, value) in configs {
            topic = topic.set(key, value);
        }
        let created = block_on(admin.create_topics(&[topic], &AdminOptions::new())).unwrap();
        assert_eq!(created, [Ok(self.topic.clone())]);
        eventually("the new topic", || self.partitions(&admin) == partitions);
        admin
    }

    /// How many partitions the topic has; none when it is not listed.
    fn partitions(&self, admin: &Admin) -> i32 {
        let metadata = admin.inner().fetch_metadata(None, WAIT).unwrap();
        let mut topics = metadata.topics().iter();
        let found = topics.find(|one| one.name() == self.topic);
        found.map_or(0, |one| one.partitions().len() as i32)
    }

    fn member(&self) -> BaseConsumer {
        let group = format!("{}-group", self.topic);
        let member: BaseConsumer = self
            .config(&[
                ("group.id", &group),
                ("auto.offset.reset", "earliest"),
                ("enable.auto.commit", "false"),
                ("check.crcs", "true"),
                ("fetch.wait.max.ms", "100"),
                ("heartbeat.interval.ms", "200"),
                ("partition.assignment.strategy", "cooperative-sticky"),
            ])
            .create()
            .unwrap();
        member.subscribe(&[&self.topic]).unwrap();
        member
    }

    fn producer(&self) -> FutureProducer {
        let options = [
            ("enable.idempotence", "true"),
            ("compression.codec", &self.codec),
            ("linger.ms", "5"),
        ];
        self.config(&options).create().unwrap()
    }

    /// Send records without keys to the first partition, one after the other.
    fn send(&self, values: &[(&str, Option<i64>)]) -> Result<(), RDKafkaErrorCode> {
        let producer = self.producer();
        for (value, timestamp_ms) in values {
            let mut record = FutureRecord::<str, str>::to(&self.topic)
                .partition(0)
                .payload(*value);
            record.timestamp = *timestamp_ms;
            let delivery = producer
                .send_result(record)
                .map_err(|(error, _)| error)
                .unwrap();
            block_on(delivery)
                .unwrap()
                .map_err(|(error, _)| error.rdkafka_error_code().unwrap())?;
        }
        Ok(())
    }

    fn round_trip(&self) -> String {
        self.create(3, &[]);
        let producer = self.producer();
        let sent: Vec<_> = (0..RECORDS)
            .map(|n| {
                let (key, value, number) = (format!("key-{n}"), value(n), n.to_string());
                let header = Header {
                    key: "n",
                    value: Some(&number),
                };
                let record = FutureRecord::to(&self.topic)
                    .key(&key)
                    .payload(&value)
                    .headers(OwnedHeaders::new().insert(header));
                producer
                    .send_result(record)
                    .map_err(|(error, _)| error)
                    .unwrap()
            })
            .collect();
        for delivery in sent {
            block_on(delivery).unwrap().unwrap();
        }
        let member = self.member();
        let mut seen = HashSet::new();
        while seen.len() < RECORDS {
            let message = next(&member);
            let header = message.headers().unwrap().get_as::<str>(0).unwrap();
            let n: usize = header.value.unwrap().parse().unwrap();
            assert_eq!(header.key, "n");
            assert_eq!(
                message.key_view::<str>(),
                Some(Ok(format!("key-{n}").as_str()))
            );
            assert_eq!(message.payload_view::<str>(), Some(Ok(value(n).as_str())));
            assert!(seen.insert(n), "record {n} came twice");
        }
        format!(r#"{{"records": {}}}"#, seen.len())
    }

    fn resume(&self) -> String {
        self.create(1, &[]);
        self.send(&[("v", None); 20]).unwrap();
        let first = self.member();
        for n in 0..8 {
            let message = next(&first);
            if n == 7 {
                first.commit_message(&message, CommitMode::Sync).unwrap();
            }
        }
        drop(first);
        let second = self.member();
        let mut asked = TopicPartitionList::new();
        asked.add_partition(&self.topic, 0);
        let kept = second.committed_offsets(asked, WAIT).unwrap();
        let committed = kept.elements()[0].offset().to_raw().unwrap();
        format!(
            r#"{{"committed": {committed}, "next": {}}}"#,
            next(&second).offset()
        )
    }

    fn rebalance(&self) -> String {
        self.create(4, &[]);
        let (first, second) = (self.member(), self.member());
        let share = |member: &BaseConsumer| {
            if let Some(polled) = member.poll(PAUSE) {
                polled.expect("no error");
            }
            member.assignment().unwrap().count()
        };
        eventually("two partitions each", || {
            (share(&first), share(&second)) == (2, 2)
        });
        drop(second);
        eventually("all partitions for one", || share(&first) == 4);
        r#"{"together": [2, 2], "alone": [4]}"#.to_string()
    }

    fn retention(&self, admin: &Admin) -> String {
        let topic = ResourceSpecifier::Topic(&self.topic);
        let found = block_on(admin.describe_configs(&[topic], &AdminOptions::new())).unwrap();
        let configs = found.into_iter().next().unwrap().unwrap();
        configs.get("retention.ms").unwrap().value.clone().unwrap()
    }

    fn admin(&self) -> String {
        let admin = self.create(3, &[("retention.ms", "60000")]);
        let before = self.retention(&admin);
        let topic = ResourceSpecifier::Topic(&self.topic);
        let change = AlterConfig::new(topic).set("retention.ms", "120000");
        let changed = block_on(admin.alter_configs(&[change], &AdminOptions::new())).unwrap();
        assert!(changed[0].is_ok(), "{changed:?}");
        eventually("the altered config", || self.retention(&admin) == "120000");
        let after = self.retention(&admin);
        self.send(&[("v", None); 5]).unwrap();
        let member = self.member();
        let count = self.partitions(&admin);
        let end: i64 = (0..count)
            .map(|n| member.fetch_watermarks(&self.topic, n, WAIT).unwrap().1)
            .sum();
        let deleted = block_on(admin.delete_topics(&[&self.topic], &AdminOptions::new())).unwrap();
        assert_eq!(deleted, [Ok(self.topic.clone())]);
        eventually("the topic is gone", || self.partitions(&admin) == 0);
        format!(
            r#"{{"partitions": {count}, "end": {end}, "before": "{before}", "after": "{after}"}}"#
        )
    }

    fn times(&self) -> String {
        self.create(1, &[]);
        self.send(&[("v", Some(1000)), ("v", Some(3000)), ("v", Some(2000))])
            .unwrap();
        let member = self.member();
        let ask = |timestamp_ms| {
            let mut asked = TopicPartitionList::new();
            asked
                .add_partition_offset(&self.topic, 0, Offset::Offset(timestamp_ms))
                .unwrap();
            member.offsets_for_times(asked, WAIT).unwrap().elements()[0]
                .offset()
                .to_raw()
                .unwrap()
        };
        // Where there is none, librdkafka gives -1, which is its name for the end.
        format!(
            r#"{{"early": {}, "between": {}, "late": {}}}"#,
            ask(1),
            ask(1500),
            ask(9000)
        )
    }

    fn unknown_topic(&self) -> String {
        match self.member().poll(WAIT).expect("an event in time") {
            Err(KafkaError::MessageConsumption(code)) => format!(r#"{{"code": {}}}"#, code as i32),
            other => panic!("{other:?}"),
        }
    }

    fn too_large(&self) -> String {
        self.create(1, &[("max.message.bytes", "1000")]);
        let code = self.send(&[(&"v".repeat(5000), None)]).unwrap_err();
        format!(r#"{{"code": {}}}"#, code as i32)
    }
}

fn main() {
    let words: Vec<String> = env::args().collect();
    let scenario = Scenario {
        bootstrap: words[1].clone(),
        topic: words[3].clone(),
        codec: words.get(4).cloned().unwrap_or_else(|| "none".to_string()),
    };
    let seen = match words[2].as_str() {
        "round_trip" => scenario.round_trip(),
        "resume" => scenario.resume(),
        "rebalance" => scenario.rebalance(),
        "admin" => scenario.admin(),
        "times" => scenario.times(),
        "unknown_topic" => scenario.unknown_topic(),
        "too_large" => scenario.too_large(),
        other => panic!("no scenario {other}"),
    };
    println!("{seen}");
}
