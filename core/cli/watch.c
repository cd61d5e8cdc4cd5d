/* watch.c: a thread that waits for SIGINT and SIGTERM, and draws progress meanwhile. The first signal
 * cancels what runs; the second ends the process at once. Nothing runs in a signal handler. */
#include "cli.h"

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "clock.h"
#include "error.h"

#define BAR_EVERY (NS_PER_S / 5)
#define LINE_EVERY (30 * NS_PER_S)

static void
on_signal (struct cli *cli, int number)
{
	if (cli->signal_seen)
		_exit (128 + number);
	cli->signal_seen = number;
	uint64_t one = 1;
	struct larder *larder = __atomic_load_n (&cli->larder, __ATOMIC_SEQ_CST);
	if (write (cli->stop_fd, &one, sizeof one) < 0 || !larder)
		return;                      /* not open yet: whoever opens it looks at signal_seen behind that */
	larder_cancel (larder);
}

static bool
progress_wanted (const struct cli *cli)
{
	return cli->progress_on && talk_shows_progress (cli);
}

int
watch_step (struct cli *cli, int64_t *next, int64_t now)
{
	bool live = cli->talk_terminal;
	if (!progress_wanted (cli))
		return live ? 100 : 1000;
	if (now >= *next) {
		talk_progress (cli, live, now);
		*next = now + (live ? BAR_EVERY : LINE_EVERY);
	}
	return (int) ((*next - now) / (NS_PER_S / 1000)) + 1;
}

static void *
watch (void *argument)
{
	struct cli *cli = argument;
	int signals = signalfd (-1, &cli->watched, SFD_CLOEXEC);
	struct pollfd polled[2] = { { signals, POLLIN, 0 }, { cli->wake_fd, POLLIN, 0 } };
	int64_t next = clock_boot () + (cli->talk_terminal ? BAR_EVERY : LINE_EVERY);
	for (;;) {
		int wait = watch_step (cli, &next, clock_boot ());
		int got = poll (polled, 2, wait);
		if (got < 0 && errno != EINTR)
			break;
		if (got > 0 && polled[1].revents)
			break;
		struct signalfd_siginfo info;
		if (got > 0 && polled[0].revents && read (signals, &info, sizeof info) == sizeof info)
			on_signal (cli, (int) info.ssi_signo);
	}
	close (signals);
	return NULL;
}

/* A signal that the parent ignores (nohup, a job in the background) stays ignored. */
static void
add_unless_ignored (sigset_t *set, int number)
{
	struct sigaction action;
	if (sigaction (number, NULL, &action) == 0 && action.sa_handler != SIG_IGN)
		sigaddset (set, number);
}

int
watch_begin (struct cli *cli, struct larder_error *error)
{
	sigemptyset (&cli->watched);
	add_unless_ignored (&cli->watched, SIGINT);
	add_unless_ignored (&cli->watched, SIGTERM);
	cli->stop_fd = eventfd (0, EFD_CLOEXEC);
	cli->wake_fd = eventfd (0, EFD_CLOEXEC);
	if (cli->stop_fd < 0 || cli->wake_fd < 0)
		return larder_fail_errno (error, errno, "cannot watch for signals");
	pthread_sigmask (SIG_BLOCK, &cli->watched, NULL);
	int failed = pthread_create (&cli->watcher, NULL, watch, cli);
	if (failed)
		return larder_fail_errno (error, failed, "cannot start the thread that watches for signals");
	cli->watching = true;
	return 0;
}

void
watch_end (struct cli *cli)
{
	if (!cli->watching)
		return;
	uint64_t one = 1;
	if (write (cli->wake_fd, &one, sizeof one) == sizeof one)
		pthread_join (cli->watcher, NULL);
	cli->watching = false;
	pthread_mutex_lock (&cli->talk);
	talk_clear_bar (cli);
	pthread_mutex_unlock (&cli->talk);
}

bool
cli_stopped (const struct cli *cli)
{
	return cli->signal_seen || cli->out_broken;
}
