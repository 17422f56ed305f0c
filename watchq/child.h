/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command of --command. It is a process of its own from the start, so that it
 * inherits what watchq was given, and not what watchq makes of it; it waits until
 * it is let go. */
#ifndef WQC_CHILD_H
#define WQC_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child;

/* Makes the process, which is to run @command in the shell. Before watchq changes
 * anything that is inherited: signals, limits, descriptors; and before it has
 * threads. NULL: it could not be, said. */
struct child *child_new(const char *command);
/* If it was not let go, it ends without having run anything. @c may be NULL. */
void child_free(struct child *c);

/* Lets it go. @c may be NULL in all of these. */
void child_go(struct child *c);
/* Whether it was let go, and has not been seen to end. */
bool child_runs(const struct child *c);
/* Polls readable when it has ended; -1 where it doesn't run. */
int child_fd(const struct child *c);
void child_seen(struct child *c);
/* They are its until child_free(). */
pid_t child_pid(const struct child *c);
int child_pidfd(const struct child *c);

/* The exit status of watchq that goes with the command's @status, as waitpid(2) has it, and with its @own. */
int child_exit_status(int status, int own);
/* The exit status of watchq that goes with the command's, which has ended or never
 * ran, and with its @own. */
int child_status(const struct child *c, int own);

#endif
