# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# What tests/run says at its end. Reads $work/verdicts, made by judge.awk, and
# $results/reports, made by sanitizers.

# How long each test took: MILLISECONDS<TAB>LABEL: TEXT, the longest first.
write_times() {
	sed -n 's/^time //p' "$work/verdicts" | sort -t "$(printf '\t')" -k1,1rn >"$results/times"
}

show_slowest() {	# NUMBER
	[ -s "$results/times" ] || return 0
	echo "The $1 slowest tests (all: $results/times):"
	head -n "$1" "$results/times" | LC_ALL=C awk -F '\t' '{ printf "  %6.1f s  %s\n", $1 / 1000, $2 }'
}

# Each report of a sanitizer is a failure, whatever the test said in which it arose. That
# a leak cannot be looked for, as in a process that is traced, is not a report.
judge_reports() {
	local file
	for file in "$reports"/report.*; do
		[ -f "$file" ] || continue
		grep -qaE 'SUMMARY: |ERROR: |WARNING: Thread|runtime error: |CHECK failed' "$file" || continue
		printf '# %s\n' "$file"
		sed 's/^/#   /' "$file"
		printf 'fail a sanitizer reports: %s\n' "$file" >>"$work/verdicts"
	done
}

count() { grep -c "^$1" "$work/verdicts" || :; }

# Prints the sums; returns 0 if something ran and nothing failed.
show_sums() {
	local passed failed skipped
	passed=$(count pass)
	failed=$(count fail)
	skipped=$(count skip)
	echo
	if [ "$skipped" -gt 0 ]; then
		echo 'Skipped:'
		sed -n 's/^skip //p' "$work/verdicts" | sort -s -t "$(printf '\t')" -k1,1 |
			awk -F '\t' '$1 != last { print "  " $1; last = $1 } { print "    " $2 }'
	fi
	show_slowest 20
	if [ -s "$work/first" ]; then
		echo 'Failed in the first run, of files that ran again:'
		sed -n 's/^fail /  /p' "$work/first"
	fi
	# After all else: where only the end of a log is kept, the failures are in it.
	if [ "$failed" -gt 0 ]; then
		echo 'Failed:'
		sed -n 's/^fail /  /p' "$work/verdicts"
	fi
	[ ! -s "$work/left-out" ] || cat "$work/left-out"
	[ "$((passed + failed + skipped))" -gt 0 ] || echo 'No test ran.'
	printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
	[ "$failed" = 0 ] && [ "$((passed + skipped))" -gt 0 ]
}
