/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits that watchq sets for itself, and no command of the user's is to have. */
#ifndef WQC_LIMITS_H
#define WQC_LIMITS_H

/* As many descriptors as the hard limit allows: the kernel counts watches of keys against it. */
void limits_raise_files(void);

/* A thread in real time computes for 200 ms at a time at most: then the library demotes it. */
void limits_bound_realtime(void);

/* The limits as they were found. For a child, between vfork(2) and execve(2). */
void limits_restore(void);

#endif
