/* Transactions, and who may end them. */
#include "compat.h"

static rd_kafka_t *transactional(void) {
    rd_kafka_t *made = producer("transactional.id", topic);
    check_error(rd_kafka_init_transactions(made, WAIT_MS), "init transactions");
    return made;
}

/* Begin a transaction and send five records, with that value for the fifth. */
static void send_five(rd_kafka_t *made, const char *last) {
    check_error(rd_kafka_begin_transaction(made), "begin");
    for (int i = 0; i < 5; i++) put(made, i < 4 ? "v" : last, 0);
    flush(made);
}

static void commit(rd_kafka_t *made) {
    check_error(rd_kafka_commit_transaction(made, WAIT_MS), "commit");
}

/* How many records there are up to the one with the value "last". */
static int count_up_to_last(const char *isolation_level) {
    rd_kafka_t *made = consumer("isolation.level", isolation_level);
    int count = 0;
    assign(made, RD_KAFKA_OFFSET_BEGINNING);
    for (bool last = false; !last; count++) {
        rd_kafka_message_t *message = next_record(made);
        last = message->len == 4 && !memcmp(message->payload, "last", 4);
        rd_kafka_message_destroy(message);
    }
    done(made);
    return count;
}

static void transactions(void) {
    rd_kafka_topic_partition_list_t *offsets = first_partition(5);
    rd_kafka_consumer_group_metadata_t *metadata = rd_kafka_consumer_group_metadata_new(group);
    create_topic(1, NULL);
    rd_kafka_t *made = transactional();
    send_five(made, "v");
    commit(made);
    send_five(made, "v");
    check_error(rd_kafka_abort_transaction(made, WAIT_MS), "abort");
    send_five(made, "last");
    check_error(rd_kafka_send_offsets_to_transaction(made, offsets, metadata, WAIT_MS), "offsets");
    commit(made);
    int committed = count_up_to_last("read_committed");
    printf("{\"committed\": %d, \"uncommitted\": %d, \"offset\": %d}\n", committed,
           count_up_to_last("read_uncommitted"), (int)committed_offset());
    rd_kafka_consumer_group_metadata_destroy(metadata);
    rd_kafka_topic_partition_list_destroy(offsets);
    done(made);
}

static void fenced(void) {
    create_topic(1, NULL);
    rd_kafka_t *doomed = transactional();
    send_five(doomed, "v");
    rd_kafka_t *successor = transactional();
    send_five(successor, "last");
    rd_kafka_error_t *error = rd_kafka_commit_transaction(doomed, WAIT_MS);
    bool is_fenced = rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__FENCED;
    if (error) rd_kafka_error_destroy(error);
    commit(successor);
    printf("{\"fenced\": %s, \"committed\": %d}\n", is_fenced ? "true" : "false",
           count_up_to_last("read_committed"));
    done(successor), done(doomed);
}

const struct scenario transacting[] = {{"transactions", transactions}, {"fenced", fenced}, {0}};
