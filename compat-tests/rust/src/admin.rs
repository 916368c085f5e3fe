//! The admin client.

use crate::clients::{eventually, leave, Admin, Scenario, WAIT};
use crate::groups::share_out;
use crate::native;
use futures_executor::block_on;
use rdkafka::admin::{AdminOptions, AlterConfig, NewPartitions, ResourceSpecifier};
use rdkafka::Offset;
use serde_json::{json, Value};

pub fn topics(scenario: &Scenario) -> Value {
    let admin = scenario.create(3, &[("retention.ms", "60000")]);
    let partitions = scenario.partitions(&admin);
    let deletion = admin.delete_topics(&[&scenario.topic], &AdminOptions::new());
    assert_eq!(block_on(deletion).unwrap(), [Ok(scenario.topic.clone())]);
    scenario.await_partitions(&admin, 0);
    json!({"listed": partitions > 0, "partitions": partitions, "gone": true})
}

pub fn partitions(scenario: &Scenario) -> Value {
    let admin = scenario.create(2, &[]);
    let before = scenario.partitions(&admin);
    let more = [NewPartitions::new(&scenario.topic, 4)];
    let created = block_on(admin.create_partitions(&more, &AdminOptions::new())).unwrap();
    assert_eq!(created, [Ok(scenario.topic.clone())]);
    scenario.await_partitions(&admin, 4);
    json!({"before": before, "after": scenario.partitions(&admin)})
}

fn config(scenario: &Scenario, admin: &Admin, key: &str) -> String {
    let topic = ResourceSpecifier::Topic(&scenario.topic);
    let found = block_on(admin.describe_configs(&[topic], &AdminOptions::new())).unwrap();
    let configs = found.into_iter().next().unwrap().unwrap();
    let entry = configs.get(key).unwrap();
    entry.value.clone().unwrap()
}

pub fn configs(scenario: &Scenario) -> Value {
    let created = [("retention.ms", "60000"), ("max.message.bytes", "2000")];
    let admin = scenario.create(1, &created);
    let before = config(scenario, &admin, "retention.ms");
    // This call sets all settings of the topic anew: what is not named goes back to its default.
    let change = AlterConfig::new(ResourceSpecifier::Topic(&scenario.topic))
        .set("retention.ms", "120000")
        .set("max.message.bytes", "2000");
    let changed = block_on(admin.alter_configs(&[change], &AdminOptions::new())).unwrap();
    assert!(changed[0].is_ok(), "{changed:?}");
    let after = eventually("the altered config", || {
        Some(config(scenario, &admin, "retention.ms")).filter(|value| *value != before)
    });
    let other = config(scenario, &admin, "max.message.bytes");
    json!({"before": before, "after": after, "max.message.bytes": other})
}

pub fn records(scenario: &Scenario) -> Value {
    let admin = scenario.create(1, &[]);
    scenario.send_stamped(10);
    let below = scenario.first_partition(Offset::Offset(4));
    let deleted = block_on(admin.delete_records(&below, &AdminOptions::new())).unwrap();
    deleted.elements()[0].error().unwrap();
    let (first, end) = scenario.watermarks();
    json!({"first": first, "end": end})
}

pub fn groups(scenario: &Scenario) -> Value {
    let admin = scenario.create(1, &[]);
    let list = |name| admin.inner().fetch_group_list(name, WAIT).unwrap();
    let state = || list(Some(&scenario.group)).groups()[0].state().to_string();
    let is_listed = || {
        list(None)
            .groups()
            .iter()
            .any(|one| one.name() == scenario.group)
    };
    let member = scenario.member(&[]);
    share_out(scenario, &admin, &[&member], 1, 1);
    let (with, listed) = (state(), is_listed());
    leave(member);
    let without = state();
    let deleted = block_on(admin.delete_groups(&[&scenario.group], &AdminOptions::new())).unwrap();
    assert_eq!(deleted, [Ok(scenario.group.clone())]);
    json!({"with a member": with, "without": without, "listed": listed, "gone": !is_listed()})
}

pub fn offsets(scenario: &Scenario) -> Value {
    let admin = scenario.create(1, &[]);
    scenario.send_stamped(10);
    let (earliest, latest) = scenario.watermarks();
    let time = scenario.offset_at(4500).to_raw();
    let wanted = scenario.first_partition(Offset::Offset(6));
    native::alter_group_offsets(&admin, &scenario.group, &wanted);
    let committed = scenario.committed();
    json!({"earliest": earliest, "latest": latest, "time": time, "committed": committed})
}

pub fn cluster(scenario: &Scenario) -> Value {
    let admin = scenario.admin();
    let metadata = admin.inner().fetch_metadata(None, WAIT).unwrap();
    let controller = native::controller_id(&admin);
    let brokers = metadata.brokers();
    json!({
        "brokers": brokers.len(),
        "controller": brokers.iter().any(|one| one.id() == controller),
    })
}
