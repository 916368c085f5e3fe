/* Where consumers begin, stop and go on. */
#include "compat.h"

/* The offset that is read first from an offset, or from one of librdkafka's names for them. */
static int first_from(int64_t offset) {
    rd_kafka_t *made = consumer();
    assign(made, offset);
    int first = (int)next_offset(made);
    done(made);
    return first;
}

static int first_from_the_end(void) {
    rd_kafka_t *made = consumer("enable.partition.eof", "true");
    assign(made, RD_KAFKA_OFFSET_END);
    rd_kafka_message_t *end = next(made);
    if (end->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) fail("not at the end: %d", end->err);
    rd_kafka_message_destroy(end);
    put_stamped(1);
    int first = (int)next_offset(made);
    done(made);
    return first;
}

static void consume_from(void) {
    create_topic(1, NULL);
    put_stamped(10);
    int time = first_from(offset_at(4500));
    int earliest = first_from(RD_KAFKA_OFFSET_BEGINNING);
    int latest = first_from_the_end();
    printf("{\"earliest\": %d, \"latest\": %d, \"offset\": %d, \"time\": %d}\n", earliest, latest,
           first_from(7), time);
}

static void pause_and_seek(void) {
    rd_kafka_topic_partition_list_t *partition = first_partition(3);
    int paused = 0;
    create_topic(1, NULL);
    put_stamped(10);
    rd_kafka_t *made = consumer();
    assign(made, RD_KAFKA_OFFSET_BEGINNING);
    check(rd_kafka_pause_partitions(made, partition), "pause");
    rd_kafka_message_t *message = rd_kafka_consumer_poll(made, 500);
    if (message) paused++, rd_kafka_message_destroy(message);
    check(rd_kafka_resume_partitions(made, partition), "resume");
    int resumed = (int)next_offset(made);
    check_error(rd_kafka_seek_partitions(made, partition, WAIT_MS), "seek");
    check(partition->elems[0].err, "seek");
    printf("{\"paused\": %d, \"resumed\": %d, \"sought\": %d}\n", paused, resumed,
           (int)next_offset(made));
    rd_kafka_topic_partition_list_destroy(partition);
    done(made);
}

/* Read records and commit behind the last of them. */
static void read_and_commit(rd_kafka_t *made, int count, bool async) {
    while (count--) {
        rd_kafka_message_t *message = next_record(made);
        if (!count) check(rd_kafka_commit_message(made, message, async), "commit");
        rd_kafka_message_destroy(message);
    }
}

static bool is_committed(void *offset) { return committed_offset() == *(int *)offset; }

static void commits(void) {
    int sync = 8, async = 12;
    create_topic(1, NULL);
    put_stamped(20);
    rd_kafka_t *first = subscribed_consumer();
    read_and_commit(first, 8, false);
    sync = (int)committed_offset();
    read_and_commit(first, 4, true);
    await(is_committed, &async, "the second commit");
    done(first);
    rd_kafka_t *second = subscribed_consumer();
    printf("{\"sync\": %d, \"async\": %d, \"next\": %d}\n", sync, async,
           (int)next_offset(second));
    done(second);
}

static void times(void) {
    create_topic(1, NULL);
    rd_kafka_t *made = producer();
    put(made, "v", 1000), put(made, "v", 3000), put(made, "v", 2000);
    flush(made);
    done(made);
    /* Where there is none, librdkafka gives -1, which is its name for the end. */
    printf("{\"early\": %d, \"between\": %d, \"late\": %d}\n", (int)offset_at(1),
           (int)offset_at(1500), (int)offset_at(9000));
}

enum { RECORDS = 300, AHEAD = 50 };

static void put_number(rd_kafka_t *made, int number) {
    char value[16];
    snprintf(value, sizeof value, "%d", number);
    put(made, value, 0);
}

/* Read what has come: the number of records that had not come before. */
static int read_numbers(rd_kafka_t *made, bool *seen) {
    rd_kafka_message_t *message = rd_kafka_consumer_poll(made, 1);
    char value[16] = "";
    bool fresh = false;
    if (message && !message->err) {
        memcpy(value, message->payload, message->len);
        fresh = !seen[atoi(value)];
        seen[atoi(value)] = true;
    }
    if (message) rd_kafka_message_destroy(message);
    return fresh;
}

static void restart(void) {
    int64_t deadline = now_ms() + 2 * WAIT_MS, low, high;
    int sent = 0, read = 0;
    bool seen[RECORDS] = {0};
    create_topic(1, NULL);
    rd_kafka_t *made = producer(), *reader = subscribed_consumer();
    while (read < RECORDS || deliveries(made)->acknowledged < RECORDS) {
        if (now_ms() > deadline) fail("%d sent and %d read in time", sent, read);
        if (sent < RECORDS && sent < read + AHEAD) put_number(made, sent++);
        rd_kafka_poll(made, 0);
        if (read_numbers(reader, seen) && ++read == 100) puts("halfway"), fflush(stdout);
    }
    check(deliveries(made)->error, "delivery");
    check(rd_kafka_query_watermark_offsets(reader, topic, 0, &low, &high, WAIT_MS), "offsets");
    done(made);
    done(reader);
    printf("{\"lost\": %d, \"twice\": %d}\n", RECORDS - read, (int)high - RECORDS);
}

const struct scenario consuming[] = {{"consume_from", consume_from},
                                     {"pause_and_seek", pause_and_seek},
                                     {"commits", commits},
                                     {"times", times},
                                     {"restart", restart},
                                     {0}};
