//! What the broker refuses, and with which code.

use crate::clients::{delivered, eventually, put, record, Answer, Member, Scenario, PAUSE};
use rdkafka::error::KafkaError;
use rdkafka::Offset;
use serde_json::{json, Value};

fn code<T>(answer: Answer<T>) -> Value {
    json!({"code": answer.err().map(|code| code as i32)})
}

/// What comes of polling, which is an error.
fn polled(consumer: &Member) -> Answer<()> {
    match eventually("an error", || consumer.poll(PAUSE)) {
        Err(KafkaError::MessageConsumption(code)) => Err(code),
        other => panic!("{other:?}"),
    }
}

pub fn unknown_topic(scenario: &Scenario) -> Value {
    code(polled(&scenario.member(&[])))
}

pub fn too_large(scenario: &Scenario) -> Value {
    scenario.create(1, &[("max.message.bytes", "1000")]);
    let value = "v".repeat(5000);
    code(delivered(put(
        &scenario.producer(&[]),
        record(&scenario.topic, &value),
    )))
}

pub fn invalid_name(scenario: &Scenario) -> Value {
    code(scenario.try_create("no/name for a topic", 1, &[]))
}

pub fn bad_config(scenario: &Scenario) -> Value {
    code(scenario.try_create(&scenario.topic, 1, &[("retention.ms", "soon")]))
}

pub fn out_of_range(scenario: &Scenario) -> Value {
    scenario.create(1, &[]);
    scenario.send_stamped(10);
    let reader = scenario.reader(Offset::Offset(100), &[("auto.offset.reset", "error")]);
    code(polled(&reader))
}
