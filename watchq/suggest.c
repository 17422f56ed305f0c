// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "ascii.h"
#include "nls.h"
#include "suggest.h"

#define WQC_LONGEST	32

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edits from one to the other: insert, delete, replace, swap neighbours. */
static unsigned distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b), i, j;
	unsigned d[WQC_LONGEST + 1][WQC_LONGEST + 1];

	if (n > WQC_LONGEST || m > WQC_LONGEST)
		return WQC_LONGEST;
	for (i = 0; i <= n; i++)
		d[i][0] = (unsigned) i;
	for (j = 0; j <= m; j++)
		d[0][j] = (unsigned) j;
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= m; j++) {
			unsigned differs = ascii_lower(a[i - 1]) != ascii_lower(b[j - 1]);

			d[i][j] = min3(d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + differs);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < d[i][j])
				d[i][j] = d[i - 2][j - 2] + 1;
		}
	}
	return d[n][m];
}

void suggest_offer(struct suggestion *s, const char *candidate)
{
	unsigned d = distance(s->word, candidate);

	/* A third of the word may be wrong, or it is another one. */
	if (d * 3 > strlen(candidate) + 1 || (s->best && d >= s->distance))
		return;
	s->best = candidate;
	s->distance = d;
}

const char *suggest_text(const struct suggestion *s)
{
	static char text[WQC_LONGEST + 40];

	if (!s->best)
		return "";
	snprintf(text, sizeof(text), _("; did you mean '%s'?"), s->best);
	return text;
}
