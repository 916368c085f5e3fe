/* What the broker refuses, and with which code. */
#include "compat.h"

static void print_code(rd_kafka_resp_err_t code) { printf("{\"code\": %d}\n", code); }

static void unknown_topic(void) {
    rd_kafka_t *made = subscribed_consumer();
    rd_kafka_message_t *message = next(made);
    print_code(message->err);
    rd_kafka_message_destroy(message);
    done(made);
}

static void too_large(void) {
    char value[5001] = "";
    create_topic(1, "max.message.bytes", "1000", NULL);
    rd_kafka_t *made = producer();
    put(made, memset(value, 'v', sizeof value - 1), 0);
    check(rd_kafka_flush(made, WAIT_MS), "flush");
    print_code(deliveries(made)->error);
    done(made);
}

static void invalid_name(void) {
    print_code(create("no/name for a topic", 1, (const char *[]){NULL}));
}

static void bad_config(void) {
    print_code(create(topic, 1, (const char *[]){"retention.ms", "soon", NULL}));
}

static void out_of_range(void) {
    create_topic(1, NULL);
    put_stamped(10);
    rd_kafka_t *made = consumer("auto.offset.reset", "error");
    assign(made, 100);
    rd_kafka_message_t *message = next(made);
    print_code(message->err);
    rd_kafka_message_destroy(message);
    done(made);
}

const struct scenario refusing[] = {{"unknown_topic", unknown_topic},
                                    {"too_large", too_large},
                                    {"invalid_name", invalid_name},
                                    {"bad_config", bad_config},
                                    {"out_of_range", out_of_range},
                                    {0}};
