/* The admin client: what other scenarios ask of it, and its own. */
#include "compat.h"

#include <stdarg.h>

enum { CONFIGS = 8 };

rd_kafka_t *admin;
static rd_kafka_queue_t *answers;

void start_admin(void) {
    admin = producer();
    answers = rd_kafka_queue_new(admin);
}

/* The answer to an admin call, whose error has been looked at. */
static rd_kafka_event_t *answer(void) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(answers, WAIT_MS);
    if (!event) fail("no answer in %d ms", WAIT_MS);
    check(rd_kafka_event_error(event), "admin call");
    return event;
}

/* Topics */

/* The number of partitions of the topic; 0 when it is not listed among all topics. */
static int listed_partitions(void) {
    const rd_kafka_metadata_t *metadata;
    int partitions = 0;
    check(rd_kafka_metadata(admin, 1, NULL, &metadata, WAIT_MS), "metadata");
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (!strcmp(metadata->topics[i].topic, topic))
            partitions = metadata->topics[i].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return partitions;
}

static bool has_partitions(void *count) { return listed_partitions() == *(int *)count; }

rd_kafka_resp_err_t create(const char *name, int partitions, const char *const *configs) {
    char reason[512];
    size_t count;
    rd_kafka_NewTopic_t *new = rd_kafka_NewTopic_new(name, partitions, 1, reason, sizeof reason);
    if (!new) fail("%s", reason);
    for (; *configs; configs += 2)
        check(rd_kafka_NewTopic_set_config(new, configs[0], configs[1]), "config");
    rd_kafka_CreateTopics(admin, &new, 1, NULL, answers);
    rd_kafka_event_t *event = answer();
    rd_kafka_resp_err_t error = rd_kafka_topic_result_error(rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event), &count)[0]);
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(new);
    return error;
}

void create_topic(int partitions, ...) {
    const char *configs[CONFIGS + 3] = {NULL};
    bool forever = true;
    int count = 0;
    va_list words;
    va_start(words, partitions);
    for (; count < CONFIGS && (configs[count] = va_arg(words, const char *)); count++)
        if (!strcmp(configs[count], "retention.ms")) forever = false;
    va_end(words);
    if (forever) { /* records stay, however long ago their timestamps are */
        configs[count++] = "retention.ms";
        configs[count++] = "-1";
    }
    configs[count] = NULL;
    check(create(topic, partitions, configs), "create");
    /* Where metadata travels by itself, what was changed is seen soon, not at once. */
    await(has_partitions, &partitions, "the new topic");
}

static void admin_topics(void) {
    int partitions = 3, none = 0;
    size_t count;
    create_topic(partitions, "retention.ms", "60000", NULL);
    int listed = listed_partitions();
    rd_kafka_DeleteTopic_t *old = rd_kafka_DeleteTopic_new(topic);
    rd_kafka_DeleteTopics(admin, &old, 1, NULL, answers);
    rd_kafka_event_t *event = answer();
    check(rd_kafka_topic_result_error(rd_kafka_DeleteTopics_result_topics(
              rd_kafka_event_DeleteTopics_result(event), &count)[0]),
          "delete");
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy(old);
    await(has_partitions, &none, "the topic is gone");
    printf("{\"listed\": %s, \"partitions\": %d, \"gone\": true}\n", listed ? "true" : "false",
           listed);
}

static void admin_partitions(void) {
    char reason[512];
    int before = 2, after = 4;
    size_t count;
    create_topic(before, NULL);
    before = listed_partitions();
    rd_kafka_NewPartitions_t *more =
        rd_kafka_NewPartitions_new(topic, (size_t)after, reason, sizeof reason);
    if (!more) fail("%s", reason);
    rd_kafka_CreatePartitions(admin, &more, 1, NULL, answers);
    rd_kafka_event_t *event = answer();
    check(rd_kafka_topic_result_error(rd_kafka_CreatePartitions_result_topics(
              rd_kafka_event_CreatePartitions_result(event), &count)[0]),
          "create partitions");
    rd_kafka_event_destroy(event);
    rd_kafka_NewPartitions_destroy(more);
    await(has_partitions, &after, "the new partitions");
    printf("{\"before\": %d, \"after\": %d}\n", before, listed_partitions());
}

/* Configs */

static void read_config(const char *key, char *value, size_t size) {
    size_t count;
    rd_kafka_ConfigResource_t *asked = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_DescribeConfigs(admin, &asked, 1, NULL, answers);
    rd_kafka_event_t *event = answer();
    const rd_kafka_ConfigResource_t *found = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count)[0];
    check(rd_kafka_ConfigResource_error(found), "describe configs");
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(found, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rd_kafka_ConfigEntry_name(entries[i]), key))
            snprintf(value, size, "%s", rd_kafka_ConfigEntry_value(entries[i]));
    rd_kafka_event_destroy(event);
    rd_kafka_ConfigResource_destroy(asked);
}

/* This call sets all settings of the topic anew: what is not named goes back to its default. */
static void alter_configs(const char *const *configs) {
    size_t count;
    rd_kafka_ConfigResource_t *change = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    for (; *configs; configs += 2)
        check(rd_kafka_ConfigResource_set_config(change, configs[0], configs[1]), "set config");
    rd_kafka_AlterConfigs(admin, &change, 1, NULL, answers);
    rd_kafka_event_t *event = answer();
    check(rd_kafka_ConfigResource_error(rd_kafka_AlterConfigs_result_resources(
              rd_kafka_event_AlterConfigs_result(event), &count)[0]),
          "alter configs");
    rd_kafka_event_destroy(event);
    rd_kafka_ConfigResource_destroy(change);
}

static bool has_retention(void *retention_ms) {
    char value[64] = "";
    read_config("retention.ms", value, sizeof value);
    return !strcmp(value, retention_ms);
}

static void admin_configs(void) {
    char before[64] = "", after[] = "120000", other[64] = "";
    create_topic(1, "retention.ms", "60000", "max.message.bytes", "2000", NULL);
    read_config("retention.ms", before, sizeof before);
    alter_configs(
        (const char *[]){"retention.ms", after, "max.message.bytes", "2000", NULL});
    await(has_retention, after, "the altered config");
    read_config("max.message.bytes", other, sizeof other);
    printf("{\"before\": \"%s\", \"after\": \"%s\", \"max.message.bytes\": \"%s\"}\n", before,
           after, other);
}

/* Records and offsets */

int64_t offset_at(int64_t timestamp_ms) {
    rd_kafka_topic_partition_list_t *asked = first_partition(timestamp_ms);
    check(rd_kafka_offsets_for_times(admin, asked, WAIT_MS), "offsets for times");
    check(asked->elems[0].err, "offset for a time");
    int64_t offset = asked->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(asked);
    return offset;
}

static void admin_records(void) {
    int64_t first, end;
    create_topic(1, NULL);
    put_stamped(10);
    rd_kafka_topic_partition_list_t *below = first_partition(4);
    rd_kafka_DeleteRecords_t *deletion = rd_kafka_DeleteRecords_new(below);
    rd_kafka_DeleteRecords(admin, &deletion, 1, NULL, answers);
    rd_kafka_event_t *event = answer();
    check(rd_kafka_DeleteRecords_result_offsets(rd_kafka_event_DeleteRecords_result(event))
              ->elems[0]
              .err,
          "delete records");
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteRecords_destroy(deletion);
    rd_kafka_topic_partition_list_destroy(below);
    check(rd_kafka_query_watermark_offsets(admin, topic, 0, &first, &end, WAIT_MS), "offsets");
    printf("{\"first\": %d, \"end\": %d}\n", (int)first, (int)end);
}

int64_t committed_offset(void) {
    rd_kafka_topic_partition_list_t *asked = first_partition(RD_KAFKA_OFFSET_INVALID);
    rd_kafka_ListConsumerGroupOffsets_t *call = rd_kafka_ListConsumerGroupOffsets_new(group, asked);
    size_t count;
    rd_kafka_ListConsumerGroupOffsets(admin, &call, 1, NULL, answers);
    rd_kafka_event_t *event = answer();
    const rd_kafka_group_result_t *found = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(event), &count)[0];
    if (rd_kafka_group_result_error(found))
        fail("committed: %s", rd_kafka_error_string(rd_kafka_group_result_error(found)));
    int64_t offset = rd_kafka_group_result_partitions(found)->elems[0].offset;
    rd_kafka_event_destroy(event);
    rd_kafka_ListConsumerGroupOffsets_destroy(call);
    rd_kafka_topic_partition_list_destroy(asked);
    return offset;
}

static void alter_committed_offset(int64_t offset) {
    rd_kafka_topic_partition_list_t *wanted = first_partition(offset);
    rd_kafka_AlterConsumerGroupOffsets_t *call =
        rd_kafka_AlterConsumerGroupOffsets_new(group, wanted);
    size_t count;
    rd_kafka_AlterConsumerGroupOffsets(admin, &call, 1, NULL, answers);
    rd_kafka_event_t *event = answer();
    const rd_kafka_group_result_t *found = rd_kafka_AlterConsumerGroupOffsets_result_groups(
        rd_kafka_event_AlterConsumerGroupOffsets_result(event), &count)[0];
    if (rd_kafka_group_result_error(found))
        fail("alter offsets: %s", rd_kafka_error_string(rd_kafka_group_result_error(found)));
    check(rd_kafka_group_result_partitions(found)->elems[0].err, "alter an offset");
    rd_kafka_event_destroy(event);
    rd_kafka_AlterConsumerGroupOffsets_destroy(call);
    rd_kafka_topic_partition_list_destroy(wanted);
}

static void admin_offsets(void) {
    int64_t earliest, latest;
    create_topic(1, NULL);
    put_stamped(10);
    check(rd_kafka_query_watermark_offsets(admin, topic, 0, &earliest, &latest, WAIT_MS),
          "offsets");
    alter_committed_offset(6);
    printf("{\"earliest\": %d, \"latest\": %d, \"time\": %d, \"committed\": %d}\n", (int)earliest,
           (int)latest, (int)offset_at(4500), (int)committed_offset());
}

static void admin_cluster(void) {
    const rd_kafka_metadata_t *metadata;
    bool found = false;
    check(rd_kafka_metadata(admin, 0, NULL, &metadata, WAIT_MS), "metadata");
    for (int i = 0; i < metadata->broker_cnt; i++)
        found |= metadata->brokers[i].id == rd_kafka_controllerid(admin, WAIT_MS);
    printf("{\"brokers\": %d, \"controller\": %s}\n", metadata->broker_cnt,
           found ? "true" : "false");
    rd_kafka_metadata_destroy(metadata);
}

/* Groups */

/* The answer that describes the group, and where in it the description is. */
static rd_kafka_event_t *describe(const rd_kafka_ConsumerGroupDescription_t **found) {
    const char *name = group;
    size_t count;
    rd_kafka_DescribeConsumerGroups(admin, &name, 1, NULL, answers);
    rd_kafka_event_t *event = answer();
    *found = rd_kafka_DescribeConsumerGroups_result_groups(
        rd_kafka_event_DescribeConsumerGroups_result(event), &count)[0];
    return event;
}

static int compare(const void *one, const void *other) { return *(int *)one - *(int *)other; }

/* Whether the group is stable, with so many members that have all the partitions. */
static bool shared_out(int members, int partitions, int *shares) {
    const rd_kafka_ConsumerGroupDescription_t *found;
    rd_kafka_event_t *event = describe(&found);
    bool stable =
        rd_kafka_ConsumerGroupDescription_state(found) == RD_KAFKA_CONSUMER_GROUP_STATE_STABLE &&
        rd_kafka_ConsumerGroupDescription_member_count(found) == (size_t)members;
    for (int i = 0; stable && i < members; i++) {
        const rd_kafka_MemberAssignment_t *held = rd_kafka_MemberDescription_assignment(
            rd_kafka_ConsumerGroupDescription_member(found, (size_t)i));
        const rd_kafka_topic_partition_list_t *list = rd_kafka_MemberAssignment_partitions(held);
        shares[i] = list ? list->cnt : 0;
        partitions -= shares[i];
    }
    rd_kafka_event_destroy(event);
    return stable && !partitions;
}

void share_out(rd_kafka_t **polled, int members, int partitions, int *shares) {
    for (int64_t deadline = now_ms() + WAIT_MS; !shared_out(members, partitions, shares);) {
        if (now_ms() > deadline) fail("%d members have not shared in time", members);
        for (rd_kafka_t **one = polled; *one; one++) poll_once(*one);
    }
    qsort(shares, (size_t)members, sizeof *shares, compare);
}

static const char *state(void) {
    const rd_kafka_ConsumerGroupDescription_t *found;
    rd_kafka_event_t *event = describe(&found);
    rd_kafka_consumer_group_state_t state = rd_kafka_ConsumerGroupDescription_state(found);
    rd_kafka_event_destroy(event);
    return rd_kafka_consumer_group_state_name(state);
}

static bool is_listed(void) {
    bool found = false;
    size_t count;
    rd_kafka_ListConsumerGroups(admin, NULL, answers);
    rd_kafka_event_t *event = answer();
    const rd_kafka_ConsumerGroupListing_t **groups = rd_kafka_ListConsumerGroups_result_valid(
        rd_kafka_event_ListConsumerGroups_result(event), &count);
    while (count--)
        found |= !strcmp(rd_kafka_ConsumerGroupListing_group_id(groups[count]), group);
    rd_kafka_event_destroy(event);
    return found;
}

static void delete_group(void) {
    size_t count;
    rd_kafka_DeleteGroup_t *deletion = rd_kafka_DeleteGroup_new(group);
    rd_kafka_DeleteGroups(admin, &deletion, 1, NULL, answers);
    rd_kafka_event_t *event = answer();
    const rd_kafka_error_t *error = rd_kafka_group_result_error(rd_kafka_DeleteGroups_result_groups(
        rd_kafka_event_DeleteGroups_result(event), &count)[0]);
    if (error) fail("delete group: %s", rd_kafka_error_string(error));
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteGroup_destroy(deletion);
}

static void admin_groups(void) {
    int shares[1];
    create_topic(1, NULL);
    rd_kafka_t *members[] = {subscribed_consumer(), NULL};
    share_out(members, 1, 1, shares);
    const char *with = state(), *listed = is_listed() ? "true" : "false";
    done(members[0]);
    const char *without = state();
    delete_group();
    printf("{\"with a member\": \"%s\", \"without\": \"%s\", \"listed\": %s, \"gone\": %s}\n", with,
           without, listed, is_listed() ? "false" : "true");
}

const struct scenario administering[] = {{"admin_topics", admin_topics},
                                         {"admin_partitions", admin_partitions},
                                         {"admin_configs", admin_configs},
                                         {"admin_records", admin_records},
                                         {"admin_groups", admin_groups},
                                         {"admin_offsets", admin_offsets},
                                         {"admin_cluster", admin_cluster},
                                         {0}};
