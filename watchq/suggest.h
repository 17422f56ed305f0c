/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef WQC_SUGGEST_H
#define WQC_SUGGEST_H

/* The nearest to a word that nothing was found for: offer it all candidates. */
struct suggestion {
	const char *word;
	const char *best;	/* NULL: nothing near enough */
	unsigned distance;
};

void suggest_offer(struct suggestion *s, const char *candidate);

/* "; did you mean 'X'?" in a static buffer, or "". */
const char *suggest_text(const struct suggestion *s);

#endif
