//! One scenario with the rdkafka crate: compat BOOTSTRAP SCENARIO NAME.
//! What was seen is printed as one line of JSON; a failure is an exit status other than 0.

mod admin;
mod clients;
mod consume;
mod errors;
mod groups;
mod native;
mod produce;
mod transactions;

use clients::Scenario;
use serde_json::Value;
use std::env;

fn play(scenario: &Scenario, name: &str, detail: &str) -> Value {
    match name {
        "round_trip" => produce::round_trip(scenario, detail),
        "acks" => produce::acks(scenario),
        "idempotence" => produce::idempotence(scenario),
        "headers" => produce::headers(scenario),
        "tombstones" => produce::tombstones(scenario),
        "five_megabytes" => produce::five_megabytes(scenario),
        "partitioning" => produce::partitioning(scenario),
        "consume_from" => consume::consume_from(scenario),
        "pause_and_seek" => consume::pause_and_seek(scenario),
        "commits" => consume::commits(scenario),
        "times" => consume::times(scenario),
        "restart" => consume::restart(scenario),
        "groups" => groups::groups(scenario),
        "more_members" => groups::more_members(scenario),
        "killed_member" => groups::killed_member(scenario),
        "member" => groups::member(scenario),
        "static_members" => groups::static_members(scenario),
        "cooperative" => groups::cooperative(scenario),
        "admin_topics" => admin::topics(scenario),
        "admin_partitions" => admin::partitions(scenario),
        "admin_configs" => admin::configs(scenario),
        "admin_records" => admin::records(scenario),
        "admin_groups" => admin::groups(scenario),
        "admin_offsets" => admin::offsets(scenario),
        "admin_cluster" => admin::cluster(scenario),
        "unknown_topic" => errors::unknown_topic(scenario),
        "too_large" => errors::too_large(scenario),
        "invalid_name" => errors::invalid_name(scenario),
        "bad_config" => errors::bad_config(scenario),
        "out_of_range" => errors::out_of_range(scenario),
        "transactions" => transactions::transactions(scenario),
        "fenced" => transactions::fenced(scenario),
        other => panic!("no scenario {other}"),
    }
}

fn main() {
    let words: Vec<String> = env::args().collect();
    let [_, bootstrap, scenario, topic] = words.as_slice() else {
        panic!("usage: {} BOOTSTRAP SCENARIO NAME", words[0]);
    };
    let (name, detail) = scenario.split_once(':').unwrap_or((scenario, ""));
    println!("{}", play(&Scenario::new(bootstrap, topic), name, detail));
}
