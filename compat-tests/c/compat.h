/* What the scenarios have in common. */
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 30000, POLL_MS = 20 };

extern const char *program, *bootstrap, *topic;
extern const char *detail; /* what follows a colon in the scenario's name, or "" */
extern char group[300];
extern rd_kafka_t *admin;

struct scenario {
    const char *name;
    void (*play)(void);
};

/* One list for each subject; the last has no name. */
extern const struct scenario producing[], consuming[], grouping[], administering[], refusing[],
    transacting[];

/* compat.c: bounds, errors, and what is printed */

_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void check(rd_kafka_resp_err_t error, const char *what);
void check_error(rd_kafka_error_t *error, const char *what); /* and destroy it */
int64_t now_ms(void);
void await(bool (*met)(void *), void *state, const char *what);
void print_shares(const char *name, const int *shares, int count, const char *after);

/* clients.c: producers and consumers; options are keys and values that follow the usual ones */

rd_kafka_t *client(rd_kafka_type_t type, ...); /* options, and NULL */

#define producer(...)                                                                 \
    client(RD_KAFKA_PRODUCER, "enable.idempotence", "true", "linger.ms", "5",         \
           "reconnect.backoff.max.ms", "500", ##__VA_ARGS__, NULL)
#define consumer(...)                                                                 \
    client(RD_KAFKA_CONSUMER, "group.id", group, "auto.offset.reset", "earliest",     \
           "enable.auto.commit", "false", "check.crcs", "true", "fetch.wait.max.ms",  \
           "100", "heartbeat.interval.ms", "200", "session.timeout.ms", "6000",       \
           "reconnect.backoff.max.ms", "500", ##__VA_ARGS__, NULL)

/* What has happened to the records of a producer. */
struct deliveries {
    int acknowledged;
    rd_kafka_resp_err_t error; /* the last one */
};
const struct deliveries *deliveries(rd_kafka_t *made);

/* What has happened to a consumer that has subscribed. */
struct rebalances {
    int assignments, revoked; /* how often partitions were given, how many were taken */
};
const struct rebalances *rebalances(rd_kafka_t *made);

/* Put a record into the first partition: no timestamp is 0. */
void put(rd_kafka_t *made, const char *value, int64_t timestamp_ms);
void flush(rd_kafka_t *made); /* wait for all deliveries, which must not have failed */
void put_stamped(int count);  /* records stamped 1000, 2000, ..., acknowledged */

void subscribe(rd_kafka_t *made);
void assign(rd_kafka_t *made, int64_t offset); /* the first partition, without a group */
rd_kafka_t *subscribed_consumer(void);
rd_kafka_message_t *next(rd_kafka_t *made); /* a record, or an error that is no failure */
rd_kafka_message_t *next_record(rd_kafka_t *made);
int64_t next_offset(rd_kafka_t *made);
void poll_once(rd_kafka_t *made); /* take part in rebalances; a record that comes is dropped */
void done(rd_kafka_t *made); /* a consumer leaves its group */

rd_kafka_topic_partition_list_t *first_partition(int64_t offset);

/* admin.c */

void start_admin(void);
rd_kafka_resp_err_t create(const char *name, int partitions, const char *const *configs);
void create_topic(int partitions, ...); /* configs as key, value, ..., NULL */
int64_t offset_at(int64_t timestamp_ms);
int64_t committed_offset(void);
/* Let members poll until the group has so many and its partitions are all shared out: the sorted
 * numbers of partitions. */
void share_out(rd_kafka_t **polled, int members, int partitions, int *shares);
