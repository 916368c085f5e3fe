//! What librdkafka can do and the crate has no safe call for.

use crate::clients::{Admin, WAIT};
use rdkafka::bindings::*;
use rdkafka::TopicPartitionList;
use std::ffi::CString;
use std::ptr;

const WAIT_MS: i32 = WAIT.as_millis() as i32;

pub fn controller_id(admin: &Admin) -> i32 {
    unsafe { rd_kafka_controllerid(admin.inner().native_ptr(), WAIT_MS) }
}

/// Set the committed offsets of a group without members.
pub fn alter_group_offsets(admin: &Admin, group: &str, offsets: &TopicPartitionList) {
    let client = admin.inner().native_ptr();
    let group = CString::new(group).unwrap();
    // All that is made here is destroyed at the end; a result lives as long as its event.
    unsafe {
        let queue = rd_kafka_queue_new(client);
        let mut call = rd_kafka_AlterConsumerGroupOffsets_new(group.as_ptr(), offsets.ptr());
        rd_kafka_AlterConsumerGroupOffsets(client, &mut call, 1, ptr::null(), queue);
        let event = rd_kafka_queue_poll(queue, WAIT_MS);
        assert!(!event.is_null(), "no answer in time");
        assert_eq!(rd_kafka_event_error(event) as i32, 0);
        let mut count = 0;
        let answer = rd_kafka_event_AlterConsumerGroupOffsets_result(event);
        let result = *rd_kafka_AlterConsumerGroupOffsets_result_groups(answer, &mut count);
        assert!(rd_kafka_group_result_error(result).is_null());
        let kept = &*rd_kafka_group_result_partitions(result);
        assert_eq!((*kept.elems).err as i32, 0);
        rd_kafka_event_destroy(event);
        rd_kafka_AlterConsumerGroupOffsets_destroy(call);
        rd_kafka_queue_destroy(queue);
    }
}
