/* What producers say about their records, and how they are kept. */
#include "compat.h"

enum { RECORDS = 200 };

static void round_trip(void) {
    char key[32], value[512], number[16], seen[RECORDS] = {0};
    create_topic(3, NULL);
    rd_kafka_t *made = producer("compression.codec", detail);
    memset(value, 'v', sizeof value);
    for (int i = 0; i < RECORDS; i++) {
        snprintf(key, sizeof key, "key-%d", i);
        snprintf(number, sizeof number, "%d", i);
        check(rd_kafka_producev(made, RD_KAFKA_V_TOPIC(topic),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_KEY(key, strlen(key)), RD_KAFKA_V_VALUE(value, 200 + i),
                                RD_KAFKA_V_HEADER("n", number, -1), RD_KAFKA_V_END),
              "produce");
    }
    flush(made);
    rd_kafka_t *reader = subscribed_consumer();
    for (int i = 0; i < RECORDS; i++) {
        rd_kafka_message_t *message = next_record(reader);
        rd_kafka_headers_t *headers;
        const void *header;
        size_t size;
        check(rd_kafka_message_headers(message, &headers), "headers");
        check(rd_kafka_header_get_last(headers, "n", &header, &size), "header");
        int n = atoi(header);
        snprintf(key, sizeof key, "key-%d", n);
        if (n < 0 || n >= RECORDS || seen[n]++ || message->len != (size_t)(200 + n) ||
            memcmp(message->payload, value, message->len) || message->key_len != strlen(key) ||
            memcmp(message->key, key, strlen(key)))
            fail("record %d is not as it was sent", n);
        rd_kafka_message_destroy(message);
    }
    done(reader);
    done(made);
    printf("{\"records\": %d}\n", RECORDS);
}

static void acks(void) {
    const char *const settings[] = {"0", "1", "all"};
    create_topic(1, NULL);
    for (int i = 0; i < 3; i++) {
        rd_kafka_t *made = producer("enable.idempotence", "false", "acks", settings[i]);
        for (int n = 0; n < 10; n++) put(made, settings[i], 0);
        flush(made);
        done(made);
    }
    rd_kafka_t *reader = subscribed_consumer();
    int records = 0;
    for (; records < 30; records++) {
        rd_kafka_message_t *message = next_record(reader);
        const char *setting = settings[records / 10];
        if (message->len != strlen(setting) || memcmp(message->payload, setting, message->len))
            fail("record %d is not as it was sent", records);
        rd_kafka_message_destroy(message);
    }
    done(reader);
    printf("{\"records\": %d}\n", records);
}

static void idempotence(void) {
    char value[16];
    bool in_order = true;
    int64_t low, high;
    create_topic(1, NULL);
    rd_kafka_t *made =
        producer("max.in.flight", "5", "batch.num.messages", "10", "linger.ms", "0");
    for (int i = 0; i < RECORDS; i++) {
        snprintf(value, sizeof value, "%04d", i);
        put(made, value, 0);
    }
    flush(made);
    rd_kafka_t *reader = subscribed_consumer();
    for (int i = 0; i < RECORDS; i++) {
        rd_kafka_message_t *message = next_record(reader);
        snprintf(value, sizeof value, "%04d", i);
        in_order &= message->len == 4 && !memcmp(message->payload, value, 4);
        rd_kafka_message_destroy(message);
    }
    check(rd_kafka_query_watermark_offsets(reader, topic, 0, &low, &high, WAIT_MS), "offsets");
    done(reader);
    done(made);
    printf("{\"records\": %d, \"in order\": %s, \"end\": %d}\n", RECORDS,
           in_order ? "true" : "false", (int)high);
}

/* Print text of that length, or null where there is none. */
static void print_text(const void *text, size_t length) {
    if (text)
        printf("\"%.*s\"", (int)length, (const char *)text);
    else
        printf("null");
}

static void headers(void) {
    rd_kafka_headers_t *kept;
    const char *name;
    const void *value;
    size_t size;
    create_topic(1, NULL);
    rd_kafka_t *made = producer();
    check(rd_kafka_producev(made, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY("k", 1),
                            RD_KAFKA_V_VALUE("v", 1), RD_KAFKA_V_TIMESTAMP(1500000000000),
                            RD_KAFKA_V_HEADER("a", "1", 1), RD_KAFKA_V_HEADER("a", "2", 1),
                            RD_KAFKA_V_HEADER("b", NULL, 0), RD_KAFKA_V_END),
          "produce");
    flush(made);
    done(made);
    rd_kafka_t *reader = subscribed_consumer();
    rd_kafka_message_t *message = next_record(reader);
    printf("{\"key\": ");
    print_text(message->key, message->key_len);
    printf(", \"value\": ");
    print_text(message->payload, message->len);
    printf(", \"headers\": [");
    check(rd_kafka_message_headers(message, &kept), "headers");
    for (size_t i = 0; !rd_kafka_header_get_all(kept, i, &name, &value, &size); i++) {
        printf("%s[\"%s\", ", i ? ", " : "", name);
        print_text(value, size);
        printf("]");
    }
    printf("], \"timestamp\": %lld}\n", (long long)rd_kafka_message_timestamp(message, NULL));
    rd_kafka_message_destroy(message);
    done(reader);
}

static void tombstones(void) {
    const struct {
        void *value;
        size_t length;
    } sent[] = {{"v", 1}, {"", 0}, {NULL, 0}};
    create_topic(1, NULL);
    rd_kafka_t *made = producer();
    for (int i = 0; i < 3; i++)
        check(rd_kafka_producev(made, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY("k", 1),
                                RD_KAFKA_V_VALUE(sent[i].value, sent[i].length), RD_KAFKA_V_END),
              "produce");
    flush(made);
    done(made);
    rd_kafka_t *reader = subscribed_consumer();
    printf("{\"values\": [");
    for (int i = 0; i < 3; i++) {
        rd_kafka_message_t *message = next_record(reader);
        printf("%s", i ? ", " : "");
        print_text(message->payload, message->len);
        rd_kafka_message_destroy(message);
    }
    printf("]}\n");
    done(reader);
}

static void five_megabytes(void) {
    const size_t size = 5 << 20;
    char *value = malloc(size);
    for (size_t i = 0; i < size; i++) value[i] = (char)(i % 251);
    create_topic(1, "max.message.bytes", "6291456", NULL);
    rd_kafka_t *made = producer("message.max.bytes", "6291456");
    check(rd_kafka_producev(made, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_VALUE(value, size),
                            RD_KAFKA_V_END),
          "produce");
    flush(made);
    done(made);
    rd_kafka_t *reader = subscribed_consumer();
    rd_kafka_message_t *message = next_record(reader);
    bool same = message->len == size && !memcmp(message->payload, value, size);
    printf("{\"bytes\": %zu, \"same\": %s}\n", message->len, same ? "true" : "false");
    rd_kafka_message_destroy(message);
    done(reader);
    free(value);
}

static void partitioning(void) {
    int keyed[4] = {0}, explicit[4] = {0}, keyed_partitions = 0;
    create_topic(4, NULL);
    rd_kafka_t *made = producer();
    for (int i = 0; i < 4; i++)
        check(rd_kafka_producev(made, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(i),
                                RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_VALUE(&i, sizeof i), RD_KAFKA_V_END),
              "produce");
    for (int i = 0; i < 20; i++)
        check(rd_kafka_producev(made, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY("k", 1),
                                RD_KAFKA_V_VALUE("v", 1), RD_KAFKA_V_END),
              "produce");
    flush(made);
    done(made);
    rd_kafka_t *reader = subscribed_consumer();
    for (int i = 0; i < 24; i++) {
        rd_kafka_message_t *message = next_record(reader);
        int partition = message->partition;
        if (message->key)
            keyed_partitions += !keyed[partition]++;
        else if (!memcmp(message->payload, &partition, sizeof partition))
            explicit[partition]++;
        rd_kafka_message_destroy(message);
    }
    done(reader);
    printf("{\"explicit\": [");
    for (int i = 0, first = 1; i < 4; i++)
        for (; explicit[i]--; first = 0) printf("%s%d", first ? "" : ", ", i);
    printf("], \"keyed\": %d}\n", keyed_partitions);
}

const struct scenario producing[] = {{"round_trip", round_trip},
                                     {"acks", acks},
                                     {"idempotence", idempotence},
                                     {"headers", headers},
                                     {"tombstones", tombstones},
                                     {"five_megabytes", five_megabytes},
                                     {"partitioning", partitioning},
                                     {0}};
