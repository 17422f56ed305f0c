// SPDX-License-Identifier: LGPL-2.1-or-later
#include "config.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

#include "base/closer.h"

static void *close_one(void *data)
{
	close((int) (intptr_t) data);
	return NULL;
}

void wq_close_in_thread(int fd)
{
	sigset_t all, before;
	pthread_t thread;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, NULL, close_one, (void *) (intptr_t) fd);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc == 0)
		pthread_detach(thread);
	else
		close(fd);
}
