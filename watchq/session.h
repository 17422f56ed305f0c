/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session keyring of its own for the command of --command. */
#ifndef WQC_SESSION_H
#define WQC_SESSION_H

/* Joins a new session keyring called @name: what is started from now on has it, and @s
 * is it. 0, or the exit status, said. */
int session_join(const char *name);

#endif
