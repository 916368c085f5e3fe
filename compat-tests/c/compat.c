/* One scenario with librdkafka: compat BOOTSTRAP SCENARIO NAME [CODEC].
 * What was seen is printed as one line of JSON; a failure is an exit status other than 0. */
#include <librdkafka/rdkafka.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECORDS = 200, WAIT_MS = 30000, POLL_MS = 50 };

static const char *bootstrap, *topic, *codec = "none";
static char group[300];

static void fail(const char *format, ...) {
    va_list words;
    va_start(words, format);
    vfprintf(stderr, format, words);
    va_end(words);
    fputc('\n', stderr);
    exit(1);
}

static void check(rd_kafka_resp_err_t error, const char *what) {
    if (error) fail("%s: %s", what, rd_kafka_err2str(error));
}

/* The last delivery report; -1 while one is awaited. */
static int delivered = -1;

static void report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client, (void)opaque;
    delivered = message->err;
}

/* Make a client with options given as key, value, ..., NULL. */
static rd_kafka_t *client(rd_kafka_type_t type, ...) {
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    va_list options;
    va_start(options, type);
    for (const char *key = "bootstrap.servers", *value = bootstrap; key;
         key = va_arg(options, const char *), value = key ? va_arg(options, const char *) : NULL)
        if (rd_kafka_conf_set(conf, key, value, reason, sizeof reason)) fail("%s", reason);
    va_end(options);
    if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf, report);
    rd_kafka_t *made = rd_kafka_new(type, conf, reason, sizeof reason);
    if (!made) fail("%s", reason);
    if (type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(made);
    return made;
}

static rd_kafka_t *producer(void) {
    return client(RD_KAFKA_PRODUCER, "enable.idempotence", "true", "acks", "all",
                  "compression.codec", codec, "linger.ms", "5", NULL);
}

static rd_kafka_t *member(void) {
    return client(RD_KAFKA_CONSUMER, "group.id", group, "auto.offset.reset", "earliest",
                  "enable.auto.commit", "false", "check.crcs", "true", "fetch.wait.max.ms", "100",
                  "heartbeat.interval.ms", "200", "session.timeout.ms", "6000", NULL);
}

/* Send a record and give the error of its delivery. */
static rd_kafka_resp_err_t send_one(rd_kafka_t *made, const char *value, int64_t timestamp_ms) {
    delivered = -1;
    check(rd_kafka_producev(made, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_VALUE((void *)value, strlen(value)),
                            RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_END),
          "produce");
    check(rd_kafka_flush(made, WAIT_MS), "flush");
    return delivered;
}

static void send_values(int count) {
    rd_kafka_t *made = producer();
    for (int i = 0; i < count; i++) check(send_one(made, "v", 0), "delivery");
    rd_kafka_destroy(made);
}

static void subscribe(rd_kafka_t *consumer) {
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    check(rd_kafka_subscribe(consumer, topics), "subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
}

static rd_kafka_message_t *next(rd_kafka_t *consumer) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, WAIT_MS);
    if (!message) fail("no record in %d ms", WAIT_MS);
    check(message->err, "poll");
    return message;
}

static void leave(rd_kafka_t *consumer) {
    check(rd_kafka_consumer_close(consumer), "close");
    rd_kafka_destroy(consumer);
}

/* Admin calls: each gives the event with the answer, whose error has been looked at. */

static rd_kafka_event_t *answer(rd_kafka_queue_t *queue) {
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
    if (!event) fail("no answer in %d ms", WAIT_MS);
    check(rd_kafka_event_error(event), "admin call");
    return event;
}

/* The number of partitions of the topic; 0 when it is not listed among all topics. */
static int partitions_of(rd_kafka_t *any) {
    const rd_kafka_metadata_t *metadata;
    int partitions = 0;
    check(rd_kafka_metadata(any, 1, NULL, &metadata, WAIT_MS), "metadata");
    for (int i = 0; i < metadata->topic_cnt; i++)
        if (!strcmp(metadata->topics[i].topic, topic))
            partitions = metadata->topics[i].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    return partitions;
}

static void pause_briefly(rd_kafka_t *any) { rd_kafka_poll(any, POLL_MS); }

/* Wait until the topic has so many partitions: where metadata travels by itself, what was changed
 * is seen soon, not at once. */
static void await_partitions(rd_kafka_t *any, int partitions) {
    int left = WAIT_MS / POLL_MS;
    while (partitions_of(any) != partitions && --left) pause_briefly(any);
    if (!left) fail("not %d partitions in time", partitions);
}

static void create_topic(rd_kafka_t *admin, int partitions, const char *key, const char *value) {
    char reason[512];
    size_t count;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(admin);
    rd_kafka_NewTopic_t *new = rd_kafka_NewTopic_new(topic, partitions, 1, reason, sizeof reason);
    if (!new) fail("%s", reason);
    if (key) check(rd_kafka_NewTopic_set_config(new, key, value), "config");
    rd_kafka_CreateTopics(admin, &new, 1, NULL, queue);
    rd_kafka_event_t *event = answer(queue);
    check(rd_kafka_topic_result_error(rd_kafka_CreateTopics_result_topics(
              rd_kafka_event_CreateTopics_result(event), &count)[0]),
          "create");
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(new);
    rd_kafka_queue_destroy(queue);
    await_partitions(admin, partitions);
}

static void delete_topic(rd_kafka_t *admin) {
    size_t count;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(admin);
    rd_kafka_DeleteTopic_t *old = rd_kafka_DeleteTopic_new(topic);
    rd_kafka_DeleteTopics(admin, &old, 1, NULL, queue);
    rd_kafka_event_t *event = answer(queue);
    check(rd_kafka_topic_result_error(rd_kafka_DeleteTopics_result_topics(
              rd_kafka_event_DeleteTopics_result(event), &count)[0]),
          "delete");
    rd_kafka_event_destroy(event);
    rd_kafka_DeleteTopic_destroy(old);
    rd_kafka_queue_destroy(queue);
}

static void read_config(rd_kafka_t *admin, const char *key, char *value, size_t size) {
    size_t count;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(admin);
    rd_kafka_ConfigResource_t *asked = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    rd_kafka_DescribeConfigs(admin, &asked, 1, NULL, queue);
    rd_kafka_event_t *event = answer(queue);
    const rd_kafka_ConfigResource_t *found = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event), &count)[0];
    check(rd_kafka_ConfigResource_error(found), "describe configs");
    const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(found, &count);
    for (size_t i = 0; i < count; i++)
        if (!strcmp(rd_kafka_ConfigEntry_name(entries[i]), key))
            snprintf(value, size, "%s", rd_kafka_ConfigEntry_value(entries[i]));
    rd_kafka_event_destroy(event);
    rd_kafka_ConfigResource_destroy(asked);
    rd_kafka_queue_destroy(queue);
}

static void alter_config(rd_kafka_t *admin, const char *key, const char *value) {
    size_t count;
    rd_kafka_queue_t *queue = rd_kafka_queue_new(admin);
    rd_kafka_ConfigResource_t *change = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic);
    check(rd_kafka_ConfigResource_set_config(change, key, value), "set config");
    rd_kafka_AlterConfigs(admin, &change, 1, NULL, queue);
    rd_kafka_event_t *event = answer(queue);
    check(rd_kafka_ConfigResource_error(rd_kafka_AlterConfigs_result_resources(
              rd_kafka_event_AlterConfigs_result(event), &count)[0]),
          "alter configs");
    rd_kafka_event_destroy(event);
    rd_kafka_ConfigResource_destroy(change);
    rd_kafka_queue_destroy(queue);
}

/* The scenarios. */

static void round_trip(rd_kafka_t *admin) {
    char key[32], value[512], number[16];
    create_topic(admin, 3, NULL, NULL);
    rd_kafka_t *made = producer();
    for (int i = 0; i < RECORDS; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        snprintf(number, sizeof number, "%d", i);
        memset(value, 'v', 200 + i);
        check(rd_kafka_producev(made, RD_KAFKA_V_TOPIC(topic),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_KEY(key, strlen(key)), RD_KAFKA_V_VALUE(value, 200 + i),
                                RD_KAFKA_V_HEADER("n", number, -1), RD_KAFKA_V_END),
              "produce");
    }
    check(rd_kafka_flush(made, WAIT_MS), "flush");
    check(delivered, "delivery");
    rd_kafka_destroy(made);
    char seen[RECORDS] = {0};
    rd_kafka_t *consumer = member();
    subscribe(consumer);
    for (int i = 0; i < RECORDS; i++) {
        rd_kafka_message_t *message = next(consumer);
        rd_kafka_headers_t *headers;
        const void *header;
        size_t size;
        check(rd_kafka_message_headers(message, &headers), "headers");
        check(rd_kafka_header_get_last(headers, "n", &header, &size), "header");
        int n = atoi(header);
        snprintf(key, sizeof key, "key-%d", n);
        if (n < 0 || n >= RECORDS || seen[n]++ || message->len != (size_t)(200 + n) ||
            message->key_len != strlen(key) || memcmp(message->key, key, strlen(key)))
            fail("record %d is not as it was sent", n);
        for (size_t at = 0; at < message->len; at++)
            if (((char *)message->payload)[at] != 'v') fail("value %d differs", n);
        rd_kafka_message_destroy(message);
    }
    leave(consumer);
    printf("{\"records\": %d}\n", RECORDS);
}

static void resume(rd_kafka_t *admin) {
    create_topic(admin, 1, NULL, NULL);
    send_values(20);
    rd_kafka_t *first = member();
    subscribe(first);
    for (int i = 0; i < 8; i++) {
        rd_kafka_message_t *message = next(first);
        if (i == 7) check(rd_kafka_commit_message(first, message, 0), "commit");
        rd_kafka_message_destroy(message);
    }
    leave(first);
    rd_kafka_t *second = member();
    rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(asked, topic, 0);
    check(rd_kafka_committed(second, asked, WAIT_MS), "committed");
    subscribe(second);
    rd_kafka_message_t *message = next(second);
    printf("{\"committed\": %d, \"next\": %d}\n", (int)asked->elems[0].offset,
           (int)message->offset);
    rd_kafka_message_destroy(message);
    rd_kafka_topic_partition_list_destroy(asked);
    leave(second);
}

static int share(rd_kafka_t *consumer) {
    rd_kafka_topic_partition_list_t *held;
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, POLL_MS);
    if (message) rd_kafka_message_destroy(message);
    check(rd_kafka_assignment(consumer, &held), "assignment");
    int count = held->cnt;
    rd_kafka_topic_partition_list_destroy(held);
    return count;
}

static void rebalance(rd_kafka_t *admin) {
    create_topic(admin, 4, NULL, NULL);
    rd_kafka_t *first = member(), *second = member();
    int one, other, alone, left = WAIT_MS / POLL_MS;
    subscribe(first);
    subscribe(second);
    do {
        one = share(first), other = share(second);
    } while ((one != 2 || other != 2) && --left);
    leave(second);
    do {
        alone = share(first);
    } while (alone != 4 && --left);
    leave(first);
    printf("{\"together\": [%d, %d], \"alone\": [%d]}\n", one, other, alone);
}

static void administer(rd_kafka_t *admin) {
    char before[64] = "", after[64] = "";
    int left = WAIT_MS / POLL_MS;
    create_topic(admin, 3, "retention.ms", "60000");
    read_config(admin, "retention.ms", before, sizeof before);
    int partitions = partitions_of(admin);
    alter_config(admin, "retention.ms", "120000");
    do {
        pause_briefly(admin);
        read_config(admin, "retention.ms", after, sizeof after);
    } while (strcmp(after, "120000") && --left);
    if (!left) fail("the config is still %s", after);
    send_values(5);
    int64_t end = 0, low, high;
    for (int i = 0; i < partitions; i++, end += high)
        check(rd_kafka_query_watermark_offsets(admin, topic, i, &low, &high, WAIT_MS), "offsets");
    delete_topic(admin);
    await_partitions(admin, 0);
    printf("{\"partitions\": %d, \"end\": %d, \"before\": \"%s\", \"after\": \"%s\"}\n", partitions,
           (int)end, before, after);
}

static int64_t offset_at(rd_kafka_t *any, int64_t timestamp_ms) {
    rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(asked, topic, 0)->offset = timestamp_ms;
    check(rd_kafka_offsets_for_times(any, asked, WAIT_MS), "offsets for times");
    check(asked->elems[0].err, "offset for a time");
    int64_t offset = asked->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(asked);
    return offset;
}

static void times(rd_kafka_t *admin) {
    create_topic(admin, 1, NULL, NULL);
    rd_kafka_t *made = producer();
    for (int i = 0; i < 3; i++)
        check(send_one(made, "v", (int64_t[]){1000, 3000, 2000}[i]), "delivery");
    /* Where there is none, librdkafka gives -1, which is its name for the end. */
    printf("{\"early\": %d, \"between\": %d, \"late\": %d}\n", (int)offset_at(made, 1),
           (int)offset_at(made, 1500), (int)offset_at(made, 9000));
    rd_kafka_destroy(made);
}

static void unknown_topic(rd_kafka_t *admin) {
    rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, "group.id", group, NULL);
    (void)admin;
    subscribe(consumer);
    rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, WAIT_MS);
    if (!message) fail("no error in %d ms", WAIT_MS);
    printf("{\"code\": %d}\n", message->err);
    rd_kafka_message_destroy(message);
    leave(consumer);
}

static void too_large(rd_kafka_t *admin) {
    char value[5000] = "";
    create_topic(admin, 1, "max.message.bytes", "1000");
    rd_kafka_t *made = producer();
    printf("{\"code\": %d}\n", send_one(made, memset(value, 'v', sizeof value - 1), 0));
    rd_kafka_destroy(made);
}

int main(int count, char **words) {
    static const struct {
        const char *name;
        void (*run)(rd_kafka_t *admin);
    } scenarios[] = {{"round_trip", round_trip},       {"resume", resume},
                     {"rebalance", rebalance},         {"admin", administer},
                     {"times", times},                 {"unknown_topic", unknown_topic},
                     {"too_large", too_large}};
    if (count < 4) fail("usage: compat BOOTSTRAP SCENARIO NAME [CODEC]");
    bootstrap = words[1], topic = words[3];
    if (count > 4) codec = words[4];
    snprintf(group, sizeof group, "%s-group", topic);
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        if (strcmp(scenarios[i].name, words[2])) continue;
        rd_kafka_t *admin = client(RD_KAFKA_PRODUCER, NULL);
        scenarios[i].run(admin);
        rd_kafka_destroy(admin);
        return 0;
    }
    fail("no scenario %s", words[2]);
}
