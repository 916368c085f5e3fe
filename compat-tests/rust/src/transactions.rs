//! Transactions, and who may end them.

use crate::clients::{delivered, next, put, record, value_of, Scenario, WAIT};
use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{FutureProducer, Producer};
use rdkafka::Offset;
use serde_json::{json, Value};

const LAST: &str = "last";

fn transactional(scenario: &Scenario) -> FutureProducer {
    let producer = scenario.producer(&[("transactional.id", &scenario.topic)]);
    producer.init_transactions(WAIT).unwrap();
    producer
}

/// Begin a transaction and send five records, with that value for the fifth.
fn send_five(scenario: &Scenario, producer: &FutureProducer, last: &str) {
    producer.begin_transaction().unwrap();
    for value in ["v", "v", "v", "v", last] {
        delivered(put(producer, record(&scenario.topic, value))).unwrap();
    }
}

fn count_up_to_last(scenario: &Scenario, isolation_level: &str) -> usize {
    let reader = scenario.reader(Offset::Beginning, &[("isolation.level", isolation_level)]);
    let mut count = 1;
    while value_of(&next(&reader)) != LAST {
        count += 1;
    }
    count
}

pub fn transactions(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    let producer = transactional(scenario);
    send_five(scenario, &producer, "v");
    producer.commit_transaction(WAIT).unwrap();
    send_five(scenario, &producer, "v");
    producer.abort_transaction(WAIT).unwrap();
    send_five(scenario, &producer, LAST);
    let offsets = scenario.first_partition(Offset::Offset(5));
    let metadata = scenario.consumer(&[]).group_metadata().unwrap();
    producer
        .send_offsets_to_transaction(&offsets, &metadata, WAIT)
        .unwrap();
    producer.commit_transaction(WAIT).unwrap();
    json!({
        "committed": count_up_to_last(scenario, "read_committed"),
        "uncommitted": count_up_to_last(scenario, "read_uncommitted"),
        "offset": scenario.committed(),
    })
}

pub fn fenced(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    let doomed = transactional(scenario);
    send_five(scenario, &doomed, "v");
    let successor = transactional(scenario);
    send_five(scenario, &successor, LAST);
    let fenced = match doomed.commit_transaction(WAIT) {
        Err(KafkaError::Transaction(error)) => error.code() == RDKafkaErrorCode::Fenced,
        other => panic!("{other:?}"),
    };
    successor.commit_transaction(WAIT).unwrap();
    json!({"fenced": fenced, "committed": count_up_to_last(scenario, "read_committed")})
}
