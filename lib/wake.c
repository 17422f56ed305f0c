// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Waking without losing a wake-up: both sides exchange the same flag. Whichever
 * comes second sees what the other did before: the bringer that somebody
 * sleeps, or the sleeper what was brought.
 */
#include "config.h"

#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "wake.h"

int wq_wake_open(struct wq_wake *w)
{
	atomic_init(&w->asleep, false);
	w->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return w->fd < 0 ? -errno : 0;
}

void wq_wake_close(struct wq_wake *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

void wq_wake_up(struct wq_wake *w)
{
	uint64_t one = 1;

	if (atomic_exchange_explicit(&w->asleep, false, memory_order_acq_rel))
		while (write(w->fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
}

void wq_wake_before(struct wq_wake *w)
{
	atomic_exchange_explicit(&w->asleep, true, memory_order_seq_cst);
}

void wq_wake_after(struct wq_wake *w, bool readable)
{
	uint64_t n;

	atomic_exchange_explicit(&w->asleep, false, memory_order_acq_rel);
	while (readable && read(w->fd, &n, sizeof(n)) < 0 && errno == EINTR)
		;
}
