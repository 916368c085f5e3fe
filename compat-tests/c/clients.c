/* Producers and consumers. */
#include "compat.h"

#include <stdarg.h>

static void delivered(rd_kafka_t *made, const rd_kafka_message_t *message, void *opaque) {
    struct deliveries *seen = opaque;
    (void)made;
    if (message->err)
        seen->error = message->err;
    else
        seen->acknowledged++;
}

static void rebalanced(rd_kafka_t *made, rd_kafka_resp_err_t what,
                       rd_kafka_topic_partition_list_t *partitions, void *opaque) {
    struct rebalances *seen = opaque;
    bool given = what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    if (given)
        seen->assignments++;
    else
        seen->revoked += partitions->cnt;
    const char *protocol = rd_kafka_rebalance_protocol(made); /* none after a fatal error */
    if (!protocol || strcmp(protocol, "COOPERATIVE"))
        check(rd_kafka_assign(made, given ? partitions : NULL), "assign");
    else if (given)
        check_error(rd_kafka_incremental_assign(made, partitions), "assign");
    else
        check_error(rd_kafka_incremental_unassign(made, partitions), "unassign");
}

rd_kafka_t *client(rd_kafka_type_t type, ...) {
    char reason[512];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    va_list options;
    va_start(options, type);
    for (const char *key = "bootstrap.servers", *value = bootstrap; key;
         key = va_arg(options, const char *), value = key ? va_arg(options, const char *) : NULL)
        if (rd_kafka_conf_set(conf, key, value, reason, sizeof reason)) fail("%s", reason);
    va_end(options);
    if (type == RD_KAFKA_PRODUCER) {
        rd_kafka_conf_set_opaque(conf, calloc(1, sizeof(struct deliveries)));
        rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    } else {
        rd_kafka_conf_set_opaque(conf, calloc(1, sizeof(struct rebalances)));
        rd_kafka_conf_set_rebalance_cb(conf, rebalanced);
    }
    rd_kafka_t *made = rd_kafka_new(type, conf, reason, sizeof reason);
    if (!made) fail("%s", reason);
    if (type == RD_KAFKA_CONSUMER) rd_kafka_poll_set_consumer(made);
    return made;
}

const struct deliveries *deliveries(rd_kafka_t *made) { return rd_kafka_opaque(made); }

const struct rebalances *rebalances(rd_kafka_t *made) { return rd_kafka_opaque(made); }

void put(rd_kafka_t *made, const char *value, int64_t timestamp_ms) {
    check(rd_kafka_producev(made, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_VALUE((void *)value, strlen(value)),
                            RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_END),
          "produce");
}

void flush(rd_kafka_t *made) {
    check(rd_kafka_flush(made, WAIT_MS), "flush");
    check(deliveries(made)->error, "delivery");
}

void put_stamped(int count) {
    rd_kafka_t *made = producer();
    for (int i = 0; i < count; i++) put(made, "v", (i + 1) * 1000);
    flush(made);
    done(made);
}

rd_kafka_topic_partition_list_t *first_partition(int64_t offset) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = offset;
    return list;
}

void subscribe(rd_kafka_t *made) {
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, topic, RD_KAFKA_PARTITION_UA);
    check(rd_kafka_subscribe(made, topics), "subscribe");
    rd_kafka_topic_partition_list_destroy(topics);
}

void assign(rd_kafka_t *made, int64_t offset) {
    rd_kafka_topic_partition_list_t *list = first_partition(offset);
    check(rd_kafka_assign(made, list), "assign");
    rd_kafka_topic_partition_list_destroy(list);
}

rd_kafka_t *subscribed_consumer(void) {
    rd_kafka_t *made = consumer();
    subscribe(made);
    return made;
}

rd_kafka_message_t *next(rd_kafka_t *made) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(made, WAIT_MS);
    if (!message) fail("nothing came in %d ms", WAIT_MS);
    return message;
}

rd_kafka_message_t *next_record(rd_kafka_t *made) {
    rd_kafka_message_t *message = next(made);
    if (message->err) fail("poll: %s", rd_kafka_message_errstr(message));
    return message;
}

int64_t next_offset(rd_kafka_t *made) {
    rd_kafka_message_t *message = next_record(made);
    int64_t offset = message->offset;
    rd_kafka_message_destroy(message);
    return offset;
}

void poll_once(rd_kafka_t *made) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(made, POLL_MS);
    if (message) rd_kafka_message_destroy(message);
}

void done(rd_kafka_t *made) {
    void *seen = rd_kafka_opaque(made);
    if (rd_kafka_type(made) == RD_KAFKA_CONSUMER) rd_kafka_consumer_close(made);
    rd_kafka_destroy(made);
    free(seen);
}
