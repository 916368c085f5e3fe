/* One scenario with librdkafka: compat BOOTSTRAP SCENARIO NAME.
 * What was seen is printed as one line of JSON; a failure is an exit status other than 0. */
#include "compat.h"

#include <stdarg.h>
#include <time.h>

const char *program, *bootstrap, *topic, *detail;
char group[300];

_Noreturn void fail(const char *format, ...) {
    va_list words;
    va_start(words, format);
    vfprintf(stderr, format, words);
    va_end(words);
    fputc('\n', stderr);
    exit(1);
}

void check(rd_kafka_resp_err_t error, const char *what) {
    if (error) fail("%s: %s", what, rd_kafka_err2str(error));
}

void check_error(rd_kafka_error_t *error, const char *what) {
    if (error) fail("%s: %s", what, rd_kafka_error_string(error));
}

int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void await(bool (*met)(void *), void *state, const char *what) {
    for (int64_t deadline = now_ms() + WAIT_MS; !met(state);) {
        if (now_ms() > deadline) fail("not in time: %s", what);
        rd_kafka_poll(admin, POLL_MS);
    }
}

void print_shares(const char *name, const int *shares, int count, const char *after) {
    printf("\"%s\": [", name);
    for (int i = 0; i < count; i++) printf("%s%d", i ? ", " : "", shares[i]);
    printf("]%s", after);
}

int main(int count, char **words) {
    const struct scenario *const subjects[] = {producing, consuming, grouping,
                                               administering, refusing, transacting};
    if (count != 4) fail("usage: %s BOOTSTRAP SCENARIO NAME", words[0]);
    program = words[0], bootstrap = words[1], topic = words[3];
    snprintf(group, sizeof group, "%s-group", topic);
    size_t length = strcspn(words[2], ":");
    detail = words[2] + length + (words[2][length] == ':');
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++)
        for (const struct scenario *one = subjects[i]; one->name; one++)
            if (strlen(one->name) == length && !strncmp(one->name, words[2], length)) {
                start_admin();
                one->play();
                rd_kafka_destroy(admin);
                return 0;
            }
    fail("no scenario %s", words[2]);
}
