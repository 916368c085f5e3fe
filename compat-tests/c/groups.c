/* Members of groups, who come, go, and are killed. */
#include "compat.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void groups(void) {
    int three[3], two[2];
    create_topic(6, NULL);
    rd_kafka_t *members[] = {subscribed_consumer(), subscribed_consumer(), subscribed_consumer(),
                             NULL};
    share_out(members, 3, 6, three);
    done(members[2]);
    members[2] = NULL;
    share_out(members, 2, 6, two);
    done(members[0]), done(members[1]);
    putchar('{');
    print_shares("three", three, 3, ", ");
    print_shares("two", two, 2, "}\n");
}

static void more_members(void) {
    int shares[3];
    create_topic(2, NULL);
    rd_kafka_t *members[] = {subscribed_consumer(), subscribed_consumer(), subscribed_consumer(),
                             NULL};
    share_out(members, 3, 2, shares);
    for (int i = 0; i < 3; i++) done(members[i]);
    putchar('{');
    print_shares("shares", shares, 3, "}\n");
}

/* The member that is killed. */
static void member(void) {
    rd_kafka_t *made = subscribed_consumer();
    for (int64_t deadline = now_ms() + 2 * WAIT_MS; now_ms() < deadline;) poll_once(made);
}

static void killed_member(void) {
    int together[2], alone[1];
    create_topic(4, NULL);
    rd_kafka_t *members[] = {subscribed_consumer(), NULL};
    pid_t other = fork();
    if (!other) {
        execl(program, program, bootstrap, "member", topic, (char *)NULL);
        _exit(1);
    }
    share_out(members, 2, 4, together);
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    share_out(members, 1, 4, alone);
    done(members[0]);
    putchar('{');
    print_shares("together", together, 2, ", ");
    print_shares("alone", alone, 1, "}\n");
}

static rd_kafka_t *static_member(const char *name) {
    rd_kafka_t *made = consumer("group.instance.id", name, "session.timeout.ms", "30000");
    subscribe(made);
    return made;
}

/* The partitions of a member, as bits. */
static unsigned assigned(rd_kafka_t *made) {
    rd_kafka_topic_partition_list_t *held;
    unsigned partitions = 0;
    check(rd_kafka_assignment(made, &held), "assignment");
    for (int i = 0; i < held->cnt; i++) partitions |= 1U << held->elems[i].partition;
    rd_kafka_topic_partition_list_destroy(held);
    return partitions;
}

/* Whether the first of these members has partitions; all of them poll. */
static bool is_assigned(void *members) {
    rd_kafka_t **polled = members;
    for (rd_kafka_t **one = polled; *one; one++) poll_once(*one);
    return assigned(*polled);
}

static bool is_fenced(void *made) {
    char reason[512];
    poll_once(made);
    return rd_kafka_fatal_error(made, reason, sizeof reason) ==
           RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

static void static_members(void) {
    int shares[2];
    create_topic(4, NULL);
    rd_kafka_t *members[] = {static_member("one"), static_member("other"), NULL};
    share_out(members, 2, 4, shares);
    await(is_assigned, members, "partitions of the first");
    await(is_assigned, members + 1, "partitions of the second");
    unsigned before = assigned(members[0]);
    int rebalances_before = rebalances(members[1])->assignments;
    done(members[0]);
    members[0] = static_member("one");
    await(is_assigned, members, "the member that came back");
    bool same = assigned(members[0]) == before;
    int more = rebalances(members[1])->assignments - rebalances_before;
    rd_kafka_t *successor = static_member("one");
    await(is_fenced, members[0], "the first of two of one name is fenced");
    printf("{\"same partitions\": %s, \"rebalances of the other\": %d, \"fenced\": true}\n",
           same ? "true" : "false", more);
    done(successor), done(members[0]), done(members[1]);
}

static rd_kafka_t *cooperative_member(void) {
    rd_kafka_t *made = consumer("partition.assignment.strategy", "cooperative-sticky");
    subscribe(made);
    return made;
}

static void cooperative(void) {
    int alone[1], together[2];
    create_topic(4, NULL);
    rd_kafka_t *members[] = {cooperative_member(), NULL, NULL};
    share_out(members, 1, 4, alone);
    await(is_assigned, members, "partitions of the first");
    members[1] = cooperative_member();
    share_out(members, 2, 4, together);
    printf("{\"revoked\": %d, ", rebalances(members[0])->revoked);
    print_shares("together", together, 2, "}\n");
    done(members[0]), done(members[1]);
}

const struct scenario grouping[] = {{"groups", groups},
                                    {"more_members", more_members},
                                    {"member", member},
                                    {"killed_member", killed_member},
                                    {"static_members", static_members},
                                    {"cooperative", cooperative},
                                    {0}};
