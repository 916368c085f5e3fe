//! Members of groups, who come, go, and are killed.

use crate::clients::{eventually, leave, poll, Admin, Member, Scenario, WAIT};
use rdkafka::consumer::Consumer;
use rdkafka::error::RDKafkaErrorCode;
use serde_json::{json, Value};
use std::borrow::Borrow;
use std::env;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::Instant;

/// How many partitions a member was given: in its assignment, after the version (2 bytes), come the
/// number of topics (4), the topic's name (its length in 2), and the number of partitions (4).
fn count_partitions(assignment: &[u8]) -> usize {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |n, byte| n << 8 | *byte as usize);
    if assignment.len() < 6 || number(&assignment[2..6]) == 0 {
        return 0;
    }
    let partitions = 8 + number(&assignment[6..8]);
    number(&assignment[partitions..partitions + 4])
}

/// Let members poll until the group has so many and its partitions are all shared out; give the
/// sorted numbers of partitions.
pub fn share_out(
    scenario: &Scenario,
    admin: &Admin,
    polled: &[impl Borrow<Member>],
    members: usize,
    partitions: usize,
) -> Vec<usize> {
    eventually("a share for every member", || {
        polled.iter().for_each(|one| poll(one.borrow()));
        // A coordinator that is about to move cannot tell.
        let listing = admin.inner().fetch_group_list(Some(&scenario.group), WAIT);
        let found = listing.ok()?;
        let group = found.groups().first()?;
        let counts = group
            .members()
            .iter()
            .map(|one| one.assignment().map_or(0, count_partitions));
        let mut shares: Vec<usize> = counts.collect();
        shares.sort();
        let all = shares.len() == members && shares.iter().sum::<usize>() == partitions;
        (group.state() == "Stable" && all).then_some(shares)
    })
}

fn three_members(scenario: &Scenario) -> Vec<Member> {
    (0..3).map(|_| scenario.member(&[])).collect()
}

pub fn groups(scenario: &Scenario) -> Value {
    let admin = scenario.create(6, &[]);
    let mut members = three_members(scenario);
    let three = share_out(scenario, &admin, &members, 3, 6);
    members.pop().into_iter().for_each(leave);
    let two = share_out(scenario, &admin, &members, 2, 6);
    members.into_iter().for_each(leave);
    json!({"three": three, "two": two})
}

pub fn more_members(scenario: &Scenario) -> Value {
    let admin = scenario.create(2, &[]);
    let members = three_members(scenario);
    let shares = share_out(scenario, &admin, &members, 3, 2);
    members.into_iter().for_each(leave);
    json!({"shares": shares})
}

/// The member that is killed.
pub fn member(scenario: &Scenario) -> Value {
    let member = scenario.member(&[]);
    let deadline = Instant::now() + 2 * WAIT;
    while Instant::now() < deadline {
        poll(&member);
    }
    Value::Null
}

pub fn killed_member(scenario: &Scenario) -> Value {
    let admin = scenario.create(4, &[]);
    let member = scenario.member(&[]);
    let mut other = Command::new(env::current_exe().unwrap())
        .args([&scenario.bootstrap, "member", &scenario.topic])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let together = share_out(scenario, &admin, &[&member], 2, 4);
    other.kill().unwrap();
    other.wait().unwrap();
    let alone = share_out(scenario, &admin, &[&member], 1, 4);
    leave(member);
    json!({"together": together, "alone": alone})
}

/// The partitions of a member, once it has some; all members poll.
fn assigned(member: &Member, polled: &[&Member]) -> Vec<i32> {
    eventually("an assignment", || {
        polled.iter().for_each(|one| poll(one));
        let held = member.assignment().unwrap();
        let mut partitions: Vec<_> = held.elements().iter().map(|one| one.partition()).collect();
        partitions.sort();
        (!partitions.is_empty()).then_some(partitions)
    })
}

pub fn static_members(scenario: &Scenario) -> Value {
    let admin = scenario.create(4, &[]);
    let named =
        |name| scenario.member(&[("group.instance.id", name), ("session.timeout.ms", "30000")]);
    let (first, other) = (named("one"), named("other"));
    share_out(scenario, &admin, &[&first, &other], 2, 4);
    let before = assigned(&first, &[&first, &other]);
    assigned(&other, &[&first, &other]);
    let rebalances = || other.context().assignments.load(Ordering::SeqCst);
    let rebalances_before = rebalances();
    drop(first);
    let second = named("one");
    let same = assigned(&second, &[&second, &other]) == before;
    let more = rebalances() - rebalances_before;
    let third = named("one");
    let (code, _) = eventually("the second of three of one name is fenced", || {
        second.poll(WAIT / 100); // it may well give the error
        second.client().fatal_error()
    });
    leave(third);
    json!({
        "same partitions": same,
        "rebalances of the other": more,
        "fenced": code == RDKafkaErrorCode::FencedInstanceId,
    })
}

pub fn cooperative(scenario: &Scenario) -> Value {
    let admin = scenario.create(4, &[]);
    let member = || scenario.member(&[("partition.assignment.strategy", "cooperative-sticky")]);
    let first = member();
    share_out(scenario, &admin, &[&first], 1, 4);
    assigned(&first, &[&first]);
    let second = member();
    let together = share_out(scenario, &admin, &[&first, &second], 2, 4);
    let revoked = first.context().revoked.load(Ordering::SeqCst);
    leave(second);
    leave(first);
    json!({"revoked": revoked, "together": together})
}
