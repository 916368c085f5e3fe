//! Where consumers begin, stop and go on.

use crate::clients::{delivered, eventually, next, put, record, value_of, Scenario, PAUSE, WAIT};
use rdkafka::consumer::{CommitMode, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::Offset;
use serde_json::{json, Value};
use std::collections::HashSet;
use std::time::{Duration, Instant};

fn first_from(scenario: &Scenario, offset: Offset) -> i64 {
    next(&scenario.reader(offset, &[])).offset()
}

fn first_from_the_end(scenario: &Scenario) -> i64 {
    let reader = scenario.reader(Offset::End, &[("enable.partition.eof", "true")]);
    let end = eventually("the end", || reader.poll(PAUSE));
    assert!(matches!(end, Err(KafkaError::PartitionEOF(0))), "{end:?}");
    scenario.send_stamped(1);
    let first = next(&reader).offset();
    first
}

pub fn consume_from(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    scenario.send_stamped(10);
    json!({
        "time": first_from(scenario, scenario.offset_at(4500)),
        "earliest": first_from(scenario, Offset::Beginning),
        "offset": first_from(scenario, Offset::Offset(7)),
        "latest": first_from_the_end(scenario),
    })
}

pub fn pause_and_seek(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    scenario.send_stamped(10);
    let reader = scenario.reader(Offset::Beginning, &[]);
    let partition = scenario.first_partition(Offset::Invalid);
    reader.pause(&partition).unwrap();
    let paused = reader.poll(Duration::from_millis(500)).iter().count();
    reader.resume(&partition).unwrap();
    let resumed = next(&reader).offset();
    reader
        .seek(&scenario.topic, 0, Offset::Offset(3), WAIT)
        .unwrap();
    json!({"paused": paused, "resumed": resumed, "sought": next(&reader).offset()})
}

pub fn commits(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    scenario.send_stamped(20);
    let first = scenario.member(&[]);
    let read_and_commit = |count: usize, mode: CommitMode| {
        let last = (0..count).map(|_| next(&first)).last().unwrap();
        first.commit_message(&last, mode).unwrap();
    };
    read_and_commit(8, CommitMode::Sync);
    let sync = scenario.committed();
    read_and_commit(4, CommitMode::Async);
    let committed = eventually("the second commit", || {
        Some(scenario.committed()).filter(|offset| *offset > sync)
    });
    drop(first);
    let next = next(&scenario.member(&[])).offset();
    json!({"sync": sync, "async": committed, "next": next})
}

pub fn times(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    scenario.send_at(&[1000, 3000, 2000]);
    let ask = |timestamp_ms| scenario.offset_at(timestamp_ms).to_raw();
    // Where there is none, librdkafka gives -1, which is its name for the end.
    json!({"early": ask(1), "between": ask(1500), "late": ask(9000)})
}

const RECORDS: usize = 300;
const AHEAD: usize = 50;

pub fn restart(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    let (producer, reader) = (scenario.producer(&[]), scenario.member(&[]));
    let (mut deliveries, mut seen) = (Vec::new(), HashSet::new());
    let deadline = Instant::now() + 2 * WAIT;
    while seen.len() < RECORDS {
        assert!(Instant::now() < deadline, "{} read in time", seen.len());
        if deliveries.len() < RECORDS.min(seen.len() + AHEAD) {
            let value = deliveries.len().to_string();
            deliveries.push(put(&producer, record(&scenario.topic, &value)));
        }
        // An error is of the broker that is away; librdkafka tries again.
        if let Some(Ok(message)) = reader.poll(Duration::from_millis(1)) {
            if seen.insert(value_of(&message)) && seen.len() == 100 {
                println!("halfway");
            }
        }
    }
    deliveries
        .into_iter()
        .for_each(|one| delivered(one).unwrap());
    let twice = scenario.watermarks().1 - RECORDS as i64;
    json!({"lost": RECORDS - seen.len(), "twice": twice})
}
