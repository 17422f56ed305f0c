# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2154
#
# Running one test file, and the loop that runs files inside the test kernel.

# Not BATS_TEST_TIMEOUT: with it, bats 1.8 has been seen to hang for just that time after
# a test that had ended; presumably the sleep that it starts for each outlives its kill.
limit=${WATCHQ_FILE_TIMEOUT:-900}

# Leaves NAME.tap and, once the file has ended, NAME.status: a file without a status is
# one whose kernel died.
run_file() {	# PLACE NAME FILE
	local tap=$results/$1/$2.tap end=$results/$1/$2.status status=0 child command=("$3")
	case $3 in *.bats) command=(bats --timing --tap "$3") ;; esac
	timeout -k 10 "$limit" "${command[@]}" >"$tap" 2>&1 </dev/null &
	child=$!
	# timeout passes the signal on to all that the test started.
	trap 'kill -TERM "$child" 2>/dev/null; exit 143' TERM
	wait "$child" || status=$?
	trap - TERM
	case $status in
	124 | 137) status="$status killed after $limit seconds" ;;
	126 | 127) status="$status could not be started" ;;
	esac
	echo "$status" >"$end.new"
	mv "$end.new" "$end"
}

# Runs in the test kernel. Several kernels have the same list: mkdir(2) on the machine's
# own filesystem decides which of them runs a file. Says which file has ended, when all
# that the file wrote can be seen outside.
run_inside() {	# NAME FILE...
	while [ $# -ge 2 ]; do
		if mkdir "$results/kernel/$1.claimed" 2>/dev/null; then
			run_file kernel "$1" "$2"
			sync
			printf 'kernel %s\n' "$1"
		fi
		shift 2
	done
}
