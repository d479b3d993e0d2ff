/* What waits to become a step's program, where a box's image has this: `launch WORK USER NICE`.
 *
 * The supervisor is Python, and a fork of it copies pages for as long as everything else on a job's
 * way takes together. `stage._become` does the same in Python, for boxes of the host's own files,
 * which have no compiler to count on. Both read the order that `stage.encode_order` writes.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* As in `stage`: where the supervisor puts them. */
enum { REQUESTS = 3, ANSWERS = 4, FAILED = 5, ORDERS = 6 };
enum { NOT_STARTED = 127, FIRST_ROOM = 1 << 14 };

/* Ends this process, and says why on FAILED: the error's number in decimal. */
static void give_up(void)
{
    char text[16], *digit = text + sizeof text;
    int left = errno ? errno : EINVAL;
    do
        *--digit = '0' + left % 10;
    while (left /= 10);
    write(FAILED, digit, text + sizeof text - digit);
    _exit(NOT_STARTED);
}

static void must(int result)
{
    if (result < 0)
        give_up();
}

/* What no supervisor of ours would have written. */
static void expect(int it_is_so)
{
    errno = EINVAL;
    must(it_is_so ? 0 : -1);
}

/* All that comes until the end of the stream, with a zero behind it; its length. */
static size_t read_order(char **order)
{
    size_t room = FIRST_ROOM, length = 0;
    char *text = malloc(room);
    while (text) {
        ssize_t part = read(ORDERS, text + length, room - length - 1);
        must(part);
        if (part == 0) {
            text[length] = 0;
            *order = text;
            return length;
        }
        length += part;
        if (length == room - 1)
            text = realloc(text, room *= 2);
    }
    give_up();
    return 0;
}

/* `count` strings from `*at` on, and a null pointer behind them. */
static char **strings(int64_t count, char **at, char *end)
{
    expect(count >= 0 && count <= end - *at);
    char **found = malloc((count + 1) * sizeof *found);
    must(found ? 0 : -1);
    for (int64_t n = 0; n < count; n++) {
        expect(*at < end);
        found[n] = *at;
        *at += strlen(*at) + 1;
    }
    found[count] = NULL;
    return found;
}

static void first_to_be_killed_for_memory(void)
{
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    must(file);
    must(write(file, "1000", 4));
    close(file);
}

/* Python ignores two, and posix_spawn(3) two that the C libraries keep for themselves. */
static void no_signal_is_ignored(void)
{
    const long ordinary[8] = {0}; /* struct sigaction as the kernel has it, with SIG_DFL */
    for (int number = 1; number <= 64; number++)
        syscall(SYS_rt_sigaction, number, ordinary, NULL, 8);
}

int main(int count, char **arguments)
{
    if (count != 4)
        return NOT_STARTED;
    uid_t user = strtoul(arguments[2], NULL, 10);
    struct sched_param ordinary = {0};
    if (user == 0)
        return NOT_STARTED;
    must(fcntl(FAILED, F_SETFD, FD_CLOEXEC));
    must(setsid());
    must(syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &ordinary)); /* musl's own refuses */
    must(setpriority(PRIO_PROCESS, 0, atoi(arguments[3])));
    must(chdir(arguments[1]));
    umask(077);
    no_signal_is_ignored();
    first_to_be_killed_for_memory();

    char *order;
    size_t length = read_order(&order);
    if (length == 0)
        return NOT_STARTED; /* there is no step for it, or the box ends */
    close(ORDERS);
    int64_t *number = (int64_t *)order;
    expect(length >= 4 * sizeof *number && order[length - 1] == 0);
    int64_t asked = number[0], limits = number[1], words = number[2], variables = number[3];
    expect(limits >= 0 && limits <= RLIM_NLIMITS && words > 0);
    char *at = (char *)(number + 4 + 3 * limits), *end = order + length;
    expect(at <= end);
    for (int64_t n = 0; n < limits; n++) {
        int64_t *one = number + 4 + 3 * n;
        struct rlimit limit = {one[1], one[2]};
        must(setrlimit(one[0], &limit));
    }
    char **argv = strings(words, &at, end);
    char **environment = strings(variables, &at, end);
    expect(at == end); /* or a string has a zero of its own */
    /* Whoever is of the job's user could look into this from here on: nobody of it is there. */
    must(setresgid(user, user, user));
    must(setresuid(user, user, user));
    if (!asked) {
        close(REQUESTS);
        close(ANSWERS);
    }
    execve(argv[0], argv, environment);
    give_up();
}
