/* Preloaded into a process, this takes the time for which it was stopped off every clock: for it, its machine stood
 * still. What ran on between the last question and the stop is taken off as well; no clock goes back by it. */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const long long SECOND = 1000000000;
static volatile long long asked, stood_still;

static long long real(clockid_t clock)
{
    struct timespec now = {0, 0};
    syscall(SYS_clock_gettime, clock, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

static long long told(clockid_t clock)
{
    asked = real(CLOCK_BOOTTIME);
    return real(clock) - stood_still;
}

static void goes_on(int signal)
{
    (void)signal;
    stood_still += real(CLOCK_BOOTTIME) - asked;
    asked = real(CLOCK_BOOTTIME);
}

__attribute__((constructor)) static void begin(void)
{
    asked = real(CLOCK_BOOTTIME);
    signal(SIGCONT, goes_on);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    /* What a process or thread has used stands still by itself. */
    if (clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
        return (int)syscall(SYS_clock_gettime, clock, now);
    long long time = told(clock);
    now->tv_sec = time / SECOND;
    now->tv_nsec = time % SECOND;
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    long long time = told(CLOCK_REALTIME);
    now->tv_sec = time / SECOND;
    now->tv_usec = time % SECOND / 1000;
    return 0;
}

time_t time(time_t *now)
{
    time_t seconds = told(CLOCK_REALTIME) / SECOND;
    if (now)
        *now = seconds;
    return seconds;
}
