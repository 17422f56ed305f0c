# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: both machine threads user
# The system calls that change keys, as a trace has them; and that no trace stays.

load lib

setup() {
	[ -x "$HELPERS/calls" ] || skip "built without libtraceevent"
	local why
	why=$("$HELPERS/calls" --probe) || skip "$why"
	! watchq info --raw -n | grep -q '^keys/trace no .*32-bit' || skip "a 64-bit kernel traces no calls of 32-bit programs"
	needs_mount_ns
	cd "$BATS_TEST_TMPDIR" || return
	# Of this shell's: without a login it may have none, and each keyctl one of its own.
	keyctl new_session >/dev/null
	new_ring
}
teardown() {
	local name
	drop_kept
	# So that they take their instances with them.
	for name in $(jobs -p); do kill -TERM "$name" 2>/dev/null || true; done
	for name in ${!pid_*}; do kill -TERM "${!name}" 2>/dev/null && kill -CONT "${!name}" && await is_gone "${!name}" || true; done
	teardown_ring
}

# start_trace NAME ARGUMENT...: in the background, what it prints in NAME. Sets pid_NAME.
start_trace() {
	local name=$1
	shift
	rm -f "$name"
	"$HELPERS/calls" "$@" >"$name" 2>"$name.err" 3>&- &
	pid=$!
	declare -g "pid_$name=$pid"
	await is_tracing "$name" "$pid" && grep -q ready "$name" || { cat "$name.err" >&2; return 1; }
}
is_tracing() { grep -q ready "$1" || is_gone "$2"; }

# call NAME ARGUMENT...: the process that runs keyctl with them; what it says is in said.
call() { run_kept keyctl "$@"; }

# shows PATTERN ARGUMENT...: keyctl with these arguments is one call, told as that, of
# that process and that name.
shows() {
	local pattern=$1
	shift
	call "$@"
	await grep -qE "^$pattern keyctl $caller\$" trace || {
		printf 'keyctl %s: awaited %s keyctl %s, the last are\n' "$*" "$pattern" "$caller" >&2
		tail -30 trace >&2
		return 1
	}
}

@test "each call that changes something: what it was, of whom, and what came of it" {
	start_trace trace
	local x='-?[0-9]+'
	shows "add_key $x $x $x 1 $ring = [0-9]+" add user a v "$ring"
	key=$(cat said)
	grep -q " $ring = $key keyctl $caller\$" trace
	shows "keyctl 2 $key $x 1 $x 0 = 0" update "$key" w
	shows "keyctl 4 $key 0 -1 $x 0 = 0" chown "$key" 0
	shows "keyctl 5 $key $((0x3f3f0000)) $x $x 0 = 0" setperm "$key" 0x3f3f0000
	shows "keyctl 15 $key 100 $x $x 0 = 0" timeout "$key" 100
	other=$(keyctl newring other "$ring")
	shows "keyctl 8 $key $other $x $x 0 = 0" link "$key" "$other"
	shows "keyctl 9 $key $other $x $x 0 = 0" unlink "$key" "$other"
	shows "keyctl 30 $key $ring $other $x 0 = 0" move "$key" "$ring" "$other"
	shows "keyctl 7 $other $x $x $x 0 = 0" clear "$other"
	key=$(keyctl add user b v "$ring")
	shows "request_key $x $x 0 $other 0 = $key" request user b "$other"
	shows "keyctl 29 $other $x $x $x 0 = 0" restrict_keyring "$other"
	shows "keyctl 3 $key $x $x $x 0 = 0" revoke "$key"
	shows "keyctl 21 $other $x $x $x 0 = 0" invalidate "$other"
	shows "keyctl 22 -1 $ring $x $x 0 = [0-9]+" get_persistent "$ring"
	# It is another program by then.
	call session - true
	await grep -qE "^keyctl 1 0 .* = [0-9]+ (keyctl|true) $caller\$" trace
	kill "$pid_trace"
	wait "$pid_trace"
	grep -q 'not in order' trace && return 1
	equal "$(cat trace.err)" ""
}

@test "calls that only look, that fail, and those of its own are not told of" {
	key=$(keyctl add user a v "$ring")
	start_trace trace --own
	call describe "$key"; callers=$caller
	call read "$key"; callers+="|$caller"
	call rdescribe "$key"; callers+="|$caller"
	call search "$ring" user a; callers+="|$caller"
	call link "$key" 1; callers+="|$caller"
	grep -q 'not' said || grep -q 'Bad\|Inval' said
	call revoke 2147483647; callers+="|$caller"
	shows "keyctl 7 $ring.*" clear "$ring"
	kill "$pid_trace"
	wait "$pid_trace"
	run -1 grep -E " ($callers|$pid_trace)\$" trace
}

@test "search is told of where it links what it found" {
	key=$(keyctl add user a v "$ring")
	other=$(keyctl newring other "$ring")
	start_trace trace
	shows "keyctl 10 $ring -?[0-9]+ -?[0-9]+ $other 0 = $key" search "$ring" user a "$other"
}

@test "threads and processors: one order of time, and each call once" {
	start_trace trace
	local i pids=()
	for i in 1 2 3 4; do
		keyctl add user burst x "$(keyctl newring "r$i" "$ring")" >/dev/null
		# Each stays until its name has been looked up.
		start_kept "pid-$i" "$HELPERS/burst" 1000 "$(keyctl search "$ring" keyring "r$i")" "log$i"
	done
	for i in 1 2 3 4; do
		pids+=("$(cat "pid-$i")")
		await is_zombie "${pids[i - 1]}"
	done
	shows "keyctl 7 $ring.*" clear "$ring"
	for i in 1 2 3 4; do
		# Each adds 1,001 times, updates and unlinks 1,000 times.
		equal "$(sed -n "s/ .* burst ${pids[i - 1]}\$//p" trace | sort | uniq -c | xargs)" "1001 add_key 2000 keyctl"
		# In the order in which it made them.
		sed -n "s/^keyctl 9 \([0-9]*\) .* burst ${pids[i - 1]}\$/unlinked \1/p" trace | cmp - <(grep unlinked "log$i")
	done
	run -1 grep -E 'lost|not in order' trace
}

@test "a process that is gone when it is asked for is known by name" {
	# By the kernel, which does not keep each: on a busy machine one may be missing.
	BATS_TEST_RETRIES=3
	start_trace trace
	kill -STOP "$pid_trace"
	await is_stopped "$pid_trace"
	keyctl clear "$ring" &
	caller=$!
	wait "$caller"
	is_gone "$caller"
	kill -CONT "$pid_trace"
	await grep -qx "keyctl 7 $ring .* = 0 keyctl $caller" trace
}

@test "of a thread the process is told" {
	start_trace trace
	"$HELPERS/calls" --thread "$ring" 3>&- &
	declare -g pid_thread=$!
	await grep -qx "keyctl 7 $ring .* = 0 thread $pid_thread" trace
}

@test "more than a small buffer holds: what is missing is counted" {
	local try burst lost overwritten others=
	# Again, where the kernel had no space for the count in a page that is full, for which 1
	# stands, and where calls of others have left nothing of the burst in so small a buffer.
	for try in {1..10}; do
		start_trace trace 8
		kill -STOP "$pid_trace"
		await is_stopped "$pid_trace"
		keyctl add user burst x "$ring" >said
		run_kept "$HELPERS/burst" 2000 "$ring"
		kill -CONT "$pid_trace"
		burst=$caller
		# Others may fill so small a buffer again.
		await is_cleared
		# In this order: others make calls all the time.
		lost=$(awk '/^lost / { n += $2 } END { print n + 0 }' trace)
		overwritten=$(in_tracefs bash -c 'cat instances/watchq-"$1"-*/per_cpu/cpu*/stats' - "$pid_trace" |
			awk '/^(overrun|commit overrun|dropped events):/ { n += $NF } END { print n }')
		told=$(grep -c " burst $burst\$" trace || true)
		grep -qx 'lost 1' trace || ((told <= 10)) || break
		others=$(awk '$(NF - 1) != "burst" && $(NF - 1) != "lost" { print $(NF - 1) }' trace | sort | uniq -c | sort -rn | head -n 3 | xargs)
		echo "# try $try: told $told calls, or no count; calls of others: ${others:-none}" >&3
		kill "$pid_trace"
		await is_gone "$pid_trace"
	done
	((told > 10)) || [ -z "$others" ] || skip "the buffer is full of calls of others, each time: $others"
	# An event is one of two of a call: 1 + 2,000 updates, unlinks and adds by burst.
	echo "# told $told calls, lost $lost events; the kernel has overwritten $overwritten" >&3
	((told > 10 && told < 1000))
	((lost >= 2 * (6001 - told) - 8))
	# Others make calls, too, so that more may be missing; but no more than the kernel has
	# overwritten in this instance, by its own count: none is counted twice.
	((lost <= overwritten))
}

is_cleared() {
	call clear "$ring"
	grep -qE "^keyctl 7 $ring.* keyctl $caller\$" trace
}

@test "nothing stays of one that ends" {
	start_trace trace
	has_instance "$pid_trace"
	kill "$pid_trace"
	wait "$pid_trace"
	has_no_instance "$pid_trace"
}

@test "what a killed one left is removed by the next, one that lives is left alone" {
	start_trace living
	start_trace killed
	kill -KILL "$pid_killed"
	wait "$pid_killed" || true
	has_instance "$pid_killed"
	start_trace next
	has_no_instance "$pid_killed"
	has_instance "$pid_living"
	# And it still traces.
	call clear "$ring"
	await grep -qx "keyctl 7 $ring .* = 0 keyctl $caller" living
	kill "$pid_living" "$pid_next"
	wait "$pid_living" "$pid_next"
	has_no_instance "$pid_living"
	has_no_instance "$pid_next"
}

@test "several that start and end at once take nothing away from each other" {
	local i j pids
	for i in 1 2 3; do
		pids=()
		for j in 1 2 3 4 5 6; do
			"$HELPERS/calls" >"at-once-$j" 2>&1 3>&- &
			pids+=($!)
		done
		for j in 1 2 3 4 5 6; do await grep -q ready "at-once-$j"; done
		for j in "${pids[@]}"; do has_instance "$j"; done
		kill "${pids[@]}"
		for j in "${pids[@]}"; do wait "$j"; has_no_instance "$j"; done
	done
}

@test "outside its instance nothing is changed" {
	tell() { in_tracefs bash -c 'cat trace_options trace_clock buffer_size_kb buffer_percent tracing_on set_event saved_cmdlines_size'; }
	before=$(tell)
	start_trace trace
	call clear "$ring"
	await grep -q "^keyctl 7 $ring" trace
	equal "$(tell)" "$before"
	kill "$pid_trace"
	wait "$pid_trace"
	equal "$(tell)" "$before"
}

@test "an ordinary user is told what is needed" {
	run -1 setpriv --reuid 65534 --regid 65534 --clear-groups "$HELPERS/calls" --probe
	equal "$output" "tracefs may not be used by this user; run watchq as root"
	run -2 setpriv --reuid 65534 --regid 65534 --clear-groups "$HELPERS/calls"
	[[ $output =~ "calls: tracefs" ]]
}

@test "where tracefs is not mounted, nobody sees that it is used" {
	mountpoint -q /sys/kernel/tracing && skip "it is mounted here"
	before=$(cat /proc/self/mountinfo)
	start_trace trace
	equal "$(cat /proc/self/mountinfo)" "$before"
	equal "$(cat /proc/"$pid_trace"/mountinfo)" "$before"
}

@test "--command: what it does last is told, also what is found by looking" {
	for i in {1..10}; do
		watchq keys --backend trace -q --session - -J -C 'keyctl add user in-it x @s >serial' >json
		equal "$(jq -r '"\(.event) \(.aux)"' json)" "linked $(cat serial)"
	done
}

@test "KTIME: the kernel's own time of the call, live and from a capture" {
	start json keys --backend trace -q -J "$ring"
	start cap keys --backend trace -q -B=annotated "$ring"
	for i in {1..50}; do keyctl add user "k$i" x "$ring" >/dev/null; done
	await eval '(($(grep -c linked "$BATS_TEST_TMPDIR/json") >= 50))'
	stop json
	stop cap
	out json | jq -se '[.[] | select(.event == "linked")] | length == 50 and
		all(.ktime > 0 and .ktime <= .boottime and .boottime - .ktime < 1) and (map(.ktime) | . == sort)'
	watchq decode -J "$BATS_TEST_TMPDIR/cap" >decoded
	# (A trace of its own, with times of its own.)
	equal "$(jq -r 'select(.event == "linked").aux' decoded)" "$(out json | jq -r 'select(.event == "linked").aux')"
	jq -se --slurpfile live "$BATS_TEST_TMPDIR/json" '[.[] | select(.event == "linked").ktime] as $k |
		[$live[] | select(.event == "linked").ktime] as $l |
		($k | length) == 50 and all(range(0; 50); $k[.] - $l[.] | fabs < 0.01)' decoded
	# Who only looks has none.
	watchq keys --backend poll -q -I --once -J "$ring" | jq -se 'length > 0 and all(has("ktime") | not)'
}

@test "memory runs out while a trace is opened: an error, whenever that is, and no instance stays" {
	"$HELPERS/trace-memory" --supported || skip "allocations can't be made to fail here: another C library, or a sanitizer"
	run -0 "$HELPERS/trace-memory"
	((${output% *} > 10))
	has_no_instance "${output#* }"
}
