//! What producers say about their records, and how they are kept.

use crate::clients::{delivered, next, put, record, text, value_of, Scenario};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::FutureRecord;
use serde_json::{json, Value};
use std::collections::HashSet;

const RECORDS: usize = 200;

fn value(n: usize) -> String {
    format!("value-{n} ").repeat(20)
}

pub fn round_trip(scenario: &Scenario, codec: &str) -> Value {
    scenario.create(3, &[]);
    let producer = scenario.producer(&[("compression.codec", codec)]);
    let send = |n: usize| {
        let (key, value, number) = (format!("key-{n}"), value(n), n.to_string());
        let header = Header {
            key: "n",
            value: Some(&number),
        };
        let record = FutureRecord::to(&scenario.topic)
            .key(key.as_str())
            .payload(value.as_str())
            .headers(OwnedHeaders::new().insert(header));
        put(&producer, record)
    };
    let deliveries: Vec<_> = (0..RECORDS).map(send).collect();
    deliveries
        .into_iter()
        .for_each(|one| delivered(one).unwrap());
    let member = scenario.member(&[]);
    let mut seen = HashSet::new();
    while seen.len() < RECORDS {
        let message = next(&member);
        let header = message.headers().unwrap().get_as::<str>(0).unwrap();
        let n: usize = header.value.unwrap().parse().unwrap();
        assert_eq!(header.key, "n");
        assert_eq!(text(message.key()), Some(format!("key-{n}")));
        assert_eq!(value_of(&message), value(n));
        assert!(seen.insert(n), "record {n} came twice");
    }
    json!({"records": seen.len()})
}

pub fn acks(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    let mut sent = Vec::new();
    for acks in ["0", "1", "all"] {
        let producer = scenario.producer(&[("enable.idempotence", "false"), ("acks", acks)]);
        let send = |_| put(&producer, record(&scenario.topic, acks));
        let deliveries: Vec<_> = (0..10).map(send).collect();
        sent.extend(deliveries.iter().map(|_| acks));
        deliveries
            .into_iter()
            .for_each(|one| delivered(one).unwrap());
    }
    let member = scenario.member(&[]);
    let received: Vec<_> = sent.iter().map(|_| value_of(&next(&member))).collect();
    assert_eq!(received, sent);
    json!({"records": received.len()})
}

pub fn idempotence(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    let options = [
        ("max.in.flight", "5"),
        ("batch.num.messages", "10"),
        ("linger.ms", "0"),
    ];
    let producer = scenario.producer(&options);
    let sent: Vec<_> = (0..RECORDS).map(|n| n.to_string()).collect();
    let send = |value: &String| put(&producer, record(&scenario.topic, value));
    let deliveries: Vec<_> = sent.iter().map(send).collect();
    deliveries
        .into_iter()
        .for_each(|one| delivered(one).unwrap());
    let member = scenario.member(&[]);
    let received: Vec<_> = sent.iter().map(|_| value_of(&next(&member))).collect();
    let distinct: HashSet<_> = received.iter().collect();
    let end = scenario.watermarks().1;
    json!({"records": distinct.len(), "in order": received == sent, "end": end})
}

pub fn headers(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    let headers = OwnedHeaders::new()
        .insert(Header {
            key: "a",
            value: Some("1"),
        })
        .insert(Header {
            key: "a",
            value: Some("2"),
        })
        .insert(Header {
            key: "b",
            value: None::<&str>,
        });
    let record = record(&scenario.topic, "v")
        .key("k")
        .timestamp(1500000000000);
    delivered(put(&scenario.producer(&[]), record.headers(headers))).unwrap();
    let member = scenario.member(&[]);
    let message = next(&member);
    let kept = message.headers().unwrap();
    let pairs: Vec<_> = kept
        .iter()
        .map(|one| json!([one.key, text(one.value)]))
        .collect();
    json!({
        "key": text(message.key()),
        "value": text(message.payload()),
        "headers": pairs,
        "timestamp": message.timestamp().to_millis(),
    })
}

pub fn tombstones(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    let producer = scenario.producer(&[]);
    for value in [Some("v"), Some(""), None] {
        let mut record = FutureRecord::to(&scenario.topic).key("k");
        record.payload = value;
        delivered(put(&producer, record)).unwrap();
    }
    let member = scenario.member(&[]);
    let values: Vec<_> = (0..3).map(|_| text(next(&member).payload())).collect();
    json!({"values": values})
}

pub fn five_megabytes(scenario: &Scenario) -> Value {
    scenario.create(1, &[("max.message.bytes", "6291456")]);
    let producer = scenario.producer(&[("message.max.bytes", "6291456")]);
    let value: String = ('a'..='z').cycle().take(5 << 20).collect();
    delivered(put(&producer, record(&scenario.topic, &value))).unwrap();
    let member = scenario.member(&[]);
    let received = value_of(&next(&member));
    json!({"bytes": received.len(), "same": received == value})
}

pub fn partitioning(scenario: &Scenario) -> Value {
    scenario.create(4, &[]);
    let producer = scenario.producer(&[]);
    for partition in 0..4 {
        let value = partition.to_string();
        let record = record(&scenario.topic, &value).partition(partition);
        delivered(put(&producer, record)).unwrap();
    }
    for _ in 0..20 {
        delivered(put(
            &producer,
            FutureRecord::to(&scenario.topic).key("k").payload("v"),
        ))
        .unwrap();
    }
    let member = scenario.member(&[]);
    let (mut explicit, mut keyed) = (Vec::new(), HashSet::new());
    for _ in 0..24 {
        let message = next(&member);
        if message.key().is_some() {
            keyed.insert(message.partition());
        } else {
            assert_eq!(value_of(&message), message.partition().to_string());
            explicit.push(message.partition());
        }
    }
    explicit.sort();
    json!({"explicit": explicit, "keyed": keyed.len()})
}
