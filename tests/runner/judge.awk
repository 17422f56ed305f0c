# SPDX-License-Identifier: GPL-2.0-or-later
#
# Reads the TAP output of one test file and prints one line per test:
#   pass
#   fail LABEL: TEXT
#   skip REASON<TAB>LABEL: TEXT
# and, where the file says how long a test took, before it
#   time MILLISECONDS<TAB>LABEL: TEXT
#
# Variables: label, what to call the file; status, the exit status of the file, with a
# text where there is one; dead, why the file did not end (empty if it ended).

function fail(text) { print "fail " label ": " text; failed++ }

# Sets name to the test's number and text, and milliseconds (-1 if not known). bats up to
# 1.8 writes "TEXT in 12ms", later ones and the plain TAP formatter "TEXT # in 12 ms".
function take_name(line) {
	name = line
	sub(/^(not )?ok[ \t]*/, "", name)
	milliseconds = -1
	if (match(name, / (# )?in [0-9]+ ?ms$/)) {
		milliseconds = substr(name, RSTART)
		gsub(/[^0-9]/, "", milliseconds)
		name = substr(name, 1, RSTART - 1)
	}
	if (milliseconds >= 0)
		print "time " milliseconds "\t" label ": " name
}

/^1\.\.[0-9]+/ {
	if (planned) { fail("two plans"); next }
	planned = 1
	plan = substr($1, 4) + 0
	if (plan == 0 && match(tolower($0), /# *skip/)) {
		reason = substr($0, RSTART + RLENGTH)
		sub(/^[a-z]*[: ]*/, "", reason)
		print "skip " (reason == "" ? "no reason given" : reason) "\t" label
		skipped_all = 1
	}
	next
}
/^Bail out!/ { fail($0); next }
/^ok([ \t]|$)/ {
	seen++
	if (match(tolower($0), / # skip([ \t]|$)/)) {
		reason = substr($0, RSTART + RLENGTH)
		take_name(substr($0, 1, RSTART - 1))
		print "skip " (reason == "" ? "no reason given" : reason) "\t" label ": " name
	} else {
		take_name($0)
		print "pass"
	}
	next
}
/^not ok([ \t]|$)/ {
	seen++
	sub(/ # timeout after [0-9]+ ?s$/, "")
	take_name($0)
	fail(name)
	next
}
END {
	if (dead != "")
		fail(dead)
	else if (status ~ / /) {
		sub(/^[0-9]+ /, "", status)
		fail(status)
	} else if (!planned)
		fail("no plan (it ended with status " status ")")
	else if (seen != plan)
		fail("planned " plan " tests, ran " seen + 0)
	else if (plan == 0 && !skipped_all)
		fail("no tests in it")
	else if (status != 0 && !failed)
		fail("ended with status " status)
}
