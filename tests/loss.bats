# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: kernel threads
# Nothing is lost; and where something is lost all the same, it is counted, told in its
# place, and what it hid is told, too.

load lib

setup() { setup_ring; }
teardown() { teardown_ring; }

burst() { "$HELPERS/burst" "$@"; }
events() { jq -r .event "$1" | uniq -c | xargs; }

# The members of the one keyring that the stream is of, when all is applied in order.
model() {
	jq -rn 'reduce inputs as $e ({}; if $e.event == "linked" then .["\($e.aux)"] = 1
		elif $e.event == "unlinked" then del(.["\($e.aux)"])
		elif $e.event == "cleared" then {} else . end) | keys | sort | join(" ")'
}

# A watch whose output nobody reads: a pipe that is held open as descriptor 7.
start_unread() {	# ARGUMENT...
	rm -f unread
	mkfifo unread
	exec 7<>unread
	rm -f unread.err
	"$WATCHQ" "$@" -v >unread 2>unread.err 3>&- 7>&- &
	pid=$! pid_unread=$!
	await is_ready unread
}
read_on() {	# FILE: what comes from now on
	exec 8<unread
	exec 7>&-
	cat <&8 >"$1" 3>&- &
	reader=$!
	exec 8<&-
}

# ---- A burst ----

@test "a burst of 40,000 on one CPU: all are shown, in order" {
	[ "$(watchq info -J | jq 'select(.name == "realtime").works')" = true ] || skip "needs CAP_SYS_NICE"
	[ -z "$SANITIZED" ] || skip "a sanitizer takes the time that it is about"
	keyctl add user burst x "$ring"
	# Who is busy with others on this machine may stop this kernel for longer than its
	# queue lasts: three attempts.
	local try status
	for try in 1 2 3; do
		start json keys -J "$ring" --strict
		burst 20000 "$ring" posted
		status=0
		stop json || status=$?
		[ "$status" = 4 ] || break
		echo "# attempt $try: something was lost" >&3
	done
	equal "$status" 0
	jq -r '"\(.event) \(.aux)"' json | cmp - posted
	equal "$(jq .seq json | tail -1)" 40000
}

@test "without privilege most are shown, every loss stands in its place, and the end is right" {
	keyctl add user burst x "$ring"
	start json keys -J --no-realtime "$ring"
	burst 20000 "$ring" posted
	stop json
	# Without the losses and what was told after them, what was posted with gaps.
	jq -r 'select(.type == "key" and .mark == null) | "\(.event) \(.aux)"' json >seen
	diff posted seen | grep '^>' && return 1
	(($(wc -l <seen) > 20000))
	gaps=$(diff posted seen | grep -c '^[0-9]' || true)
	equal "$((gaps <= $(grep -c '"loss"' json || true)))" 1
	# As if it had been applied: one member is left, the last one posted.
	equal "$(model <json)" "$(tail -1 posted | cut -d' ' -f2)"
}

@test "the removal storm: 5,000 watched keys that a clear takes away are all told of" {
	ulimit -n 8192 || skip "may not watch so many keys"
	"$HELPERS/add-keys" 5000 "$ring" >serials
	# shellcheck disable=SC2046
	start json keys -J "$ring" $(cat serials)
	keyctl clear "$ring"
	DEADLINE=60 await has_lines 5001 json
	stop json
	equal "$(jq -r 'select(.event == "removal").key' json | sort)" "$(sort serials)"
	equal "$(jq -r 'select(.event == "cleared").key' json)" "$ring"
}

# ---- A reader that stands still ----

@test "a million events wait in 64 MiB for a reader that stands still, and come in order" {
	[ -z "$SANITIZED" ] || skip "sanitizers need more memory, and time"
	BATS_TEST_RETRIES=1
	a=$(keyctl add user a v "$ring") b=$(keyctl add user b v "$ring") c=$(keyctl add user c v "$ring")
	start_unread keys -J -o SEQ,AUX,AUX-DESCRIPTION,LOST "$ring"
	burst --link 1000000 "$ring" "$a" "$b" "$c"
	DEADLINE=60 await is_idle "$pid"
	rss=$(awk '/^VmRSS/ { print $2 }' /proc/"$pid"/status)
	echo "# resident: $rss KiB" >&3
	((rss < 65536 + 4096))		# the process itself is 4 MiB
	read_on json
	DEADLINE=60 await has_lines 1000000 json
	stop unread
	wait "$reader"
	# Three keys by turns, numbered.
	awk -v a="$a" -v b="$b" -v c="$c" 'BEGIN { k[1] = a; k[2] = b; k[0] = c; n[1] = "a"; n[2] = "b"; n[0] = "c" }
		$0 != "{\"seq\":" NR ",\"aux\":" k[NR % 3] ",\"aux_description\":\"" n[NR % 3] "\"}" { print NR, $0; exit 1 }
		END { if (NR != 1000000) { print NR; exit 1 } }' json
}

@test "what is more than the buffer holds is counted, to the one, and the state told after it" {
	# What the kernel loses has no count, so it must not lose anything; see the burst.
	[ -z "$SANITIZED" ] || skip "a sanitizer takes the time in which the queue is to be read"
	BATS_TEST_RETRIES=2
	keys=()
	for i in $(seq 10); do keys+=("$(keyctl add user "k$i" v "$ring")"); done
	start_unread keys -J --buffer 64K --strict "$ring" -o EVENT,MARK,AUX,LOST
	burst --link 100000 "$ring" "${keys[@]}"
	keyctl unlink "${keys[3]}" "$ring"
	new=$(keyctl add user new v "$ring")
	await is_idle "$pid"
	list=$(keyctl rlist "$ring")
	read_on json
	await grep -q "$new" json	# by its own event, or by what follows the loss
	keyctl clear "$ring"
	await grep -q cleared json
	status=0
	stop unread || status=$?
	equal "$status" 4
	wait "$reader"
	# What was told, without marks, and what was counted are all. There may have been
	# room now and then: the pipe was enlarged.
	lost=$(jq -s 'map(select(.event == "ring_loss").lost) | add' json)
	((lost > 1000))
	equal "$(($(jq -r 'select(.mark == null and .event != "ring_loss") | .event' json | wc -l) + lost))" 100003
	# And before the clear it came to what was there then.
	equal "$(grep -v cleared json | model)" "$(tr ' ' '\n' <<<"$list" | sort | xargs)"
	equal "$(jq -r .event json | tail -1)" cleared
}

@test "what was lost last is counted, too, when it ends" {
	# What the kernel loses has no count, so it must not lose anything; see the burst.
	[ -z "$SANITIZED" ] || skip "a sanitizer takes the time in which the queue is to be read"
	BATS_TEST_RETRIES=2
	key=$(keyctl add user k v "$ring")
	start_unread keys -J --buffer 64K --strict "$ring" -o EVENT,MARK,LOST
	burst --link 100000 "$ring" "$key"
	await is_idle "$pid"
	kill -TERM "$pid"
	read_on json
	status=0
	wait "$pid" || status=$?
	equal "$status" 4
	wait "$reader"
	equal "$(tail -1 json | jq -r .event)" ring_loss
	equal "$(jq -s 'map(if .event == "linked" and .mark == null then 1 else .lost // 0 end) | add' json)" 100000
}

@test "a reader that stands still for good: it ends in time, and says that it is not complete" {
	start_unread keys -J "$ring"
	burst 2000 "$ring" >time
	await is_idle "$pid"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	equal "$status" 1
	grep -q 'stopped while the output was not being read: it is not complete' unread.err
}

@test "a reader that is slow: a second signal ends it at once" {
	start_unread keys -J "$ring"
	burst 10000 "$ring" >time
	await is_idle "$pid"
	exec 8<unread
	exec 7>&-
	# A little now and then: never a second without.
	(while head -c 65536 <&8 >/dev/null && sleep 0.3; do :; done) 3>&- &
	reader=$!
	kill -TERM "$pid"
	# The drain has ended, or the engine waits for the writer: it reads no queue any more.
	await has_no_signal "$pid"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	kill "$reader"
	exec 8<&-
	equal "$status" 1
	grep -q 'it is not complete' unread.err
}

@test "SIGHUP, and the output file is a FIFO that nobody reads: it goes on, and ends when told" {
	"$WATCHQ" keys -J -v --output-file out "$ring" 2>fifo.err 3>&- &
	pid=$!
	await is_ready fifo
	mv out old
	mkfifo out
	kill -HUP "$pid"
	await grep -q "out: can't open for writing" fifo.err
	keyctl clear "$ring"
	await has_lines 1 old
	kill -TERM "$pid"
	wait "$pid"
}

@test "a small buffer and a reader that is not slow: nothing is lost" {
	[ -z "$SANITIZED" ] || skip "a sanitizer makes the reader slow"
	BATS_TEST_RETRIES=2		# as slow as a busy machine would make it
	start json keys -J --buffer 64K --strict "$ring"
	keyctl add user burst x "$ring"
	burst 2000 "$ring" >time
	await has_lines 4001 json
	stop json
}

@test "names are looked up while nobody reads" {
	start_unread keys -J "$ring"
	# It is about the reader, not about the kernel's queue: no more at once than that holds.
	for ((n = 0; n < 3000; n += 300)); do
		"$HELPERS/add-keys" 300 "$ring" 0 "$n" >>serials
		await is_idle "$pid"
	done
	keyctl clear "$ring"		# nothing can be looked up any more
	await has_no_key "$(tail -1 serials)"
	read_on json
	await has_lines 3001 json
	stop unread
	equal "$(jq -r '.aux_description // empty' json | md5sum)" "$(seq -f 'many-%g' 0 2999 | md5sum)"
}

@test "the reader's pipe is enlarged when it is full" {
	command -v perl || skip "needs perl"
	size() { perl -e 'open F, "<&=7"; print fcntl(F, 1032, 0)'; }
	start_unread keys -J "$ring"
	before=$(size)
	burst 2000 "$ring" >time
	await is_idle "$pid"
	equal "$((before < $(size)))" 1
	kill "$pid"
	wait "$pid" || true
}

@test "a reader that stops and goes on misses nothing" {
	start_unread keys -J "$ring"
	read_on json
	keyctl add user burst x "$ring"
	for i in 1 2 3; do
		kill -STOP "$reader"
		# It is about the reader, not about the kernel's queue: no more than that holds.
		# It fills the reader's pipe all the same.
		for ((n = 1; n <= 1000; n += 200)); do
			burst 200 "$ring" posted >time
			cat posted >>all-posted
			await is_idle "$pid"
		done
		kill -CONT "$reader"
	done
	DEADLINE=60 await has_lines 6001 json
	stop unread
	equal "$(grep -c '"event":"loss"' json || true)" 0
	equal "$(sed 1d json | jq .aux | md5sum)" "$(cut -d' ' -f2 all-posted | md5sum)"
}

# ---- Kernel loss, and what follows ----

@test "stopped with SIGSTOP, then SIGCONT: the loss in its place, then the state" {
	gone=$(keyctl add user gone v "$ring")
	start json keys -J --strict "$ring"
	kill -STOP "$pid"
	await is_stopped "$pid"
	burst 400 "$ring" >time
	keyctl unlink "$gone" "$ring"
	keyctl setperm "$ring" 0x3f3f003f
	kill -CONT "$pid"
	await grep -q setattr json
	keyctl clear "$ring"
	await grep -q cleared json
	status=0
	stop json || status=$?
	equal "$status" 4
	# The queue holds 512: the first 512, the loss, and then what is so.
	equal "$(sed -n 1,512p json | jq -r 'select(.mark == null) | .type' | sort | uniq -c | xargs)" "512 key"
	equal "$(sed -n 513p json | jq -c '[.event,.lost,has("lost")]')" '["loss",null,true]'
	equal "$(sed 1,513d json | jq -r 'select(.mark == "resync") | .event' | sort | xargs)" "linked setattr unlinked"
	equal "$(tail -1 json | jq -c '[.event,.mark]')" '["cleared",null]'
}

@test "--strict: status 4 if anything was lost, else as without" {
	start json keys -J --strict "$ring"
	keyctl clear "$ring"
	await has_lines 1 json
	stop json
	start json keys -J --strict -d 32 -w 1s "$ring"
	kill -STOP "$pid"
	await is_stopped "$pid"
	burst 40 "$ring" >time
	kill -CONT "$pid"
	status=0
	wait "$pid" || status=$?
	equal "$status" 4
	run -3 watchq keys --strict -w 10ms "$ring"
}

@test "a capture that tells of a loss: --strict has status 4 there, too" {
	start note keys -B=annotated -d 32 "$ring"
	kill -STOP "$pid"
	await is_stopped "$pid"
	burst 40 "$ring" >time
	kill -CONT "$pid"
	await has_resync note
	stop note
	run -4 watchq decode -J --strict note
	run -0 watchq decode -J note
	equal "$(watchq decode -J note | jq -r '.mark // empty' | sort -u)" resync
}
has_resync() { watchq decode -J "$1" | grep -q resync; }

# ---- What there is ----

@test "--initial --once: what there is, as keyctl lists it" {
	for i in 1 2 3; do keyctl add user "k$i" v "$ring"; done
	keyctl newring inner "$ring"
	watchq keys -J -I --once "$ring" >json
	equal "$(jq -r '.mark' json | sort -u)" initial
	equal "$(jq -r .event json | sort | uniq -c | xargs)" "1 instantiated 4 linked"
	equal "$(head -1 json | jq -c '[.event,.key]')" "[\"instantiated\",$ring]"
	equal "$(jq -r 'select(.event == "linked").aux' json | sort)" "$(keyctl rlist "$ring" | tr ' ' '\n' | sort)"
	equal "$(jq -r 'select(.event == "linked").aux_description' json | sort | xargs)" "inner k1 k2 k3"
	run -0 watchq keys -I --once -c 2 "$ring"
	run -1 watchq keys --once "$ring"
	[[ $output =~ "--once goes with --initial" ]]
}

@test "--initial --once has an end, and nothing but what there is, whatever happens meanwhile" {
	"$HELPERS/burst" --endless "$ring" >said 2>&1 3>&- &
	local busy=$! i
	await eval '[ -n "$(keyctl rlist "$ring")" ]'
	for i in 1 2 3; do
		watchq keys -J -I --once --marks "$ring" >json
		equal "$(jq -c 'select(.type == "key" and .mark == null)' json)" ""
		equal "$(tail -1 json | jq -r .event)" quiet
	done
	kill "$busy"		# is still at it
	wait "$busy" || true
}

@test "--initial --once has an end where the queue overflows during every snapshot" {
	local busy status=0 number=${SANITIZED:+100}
	# Many keys to read, a short queue, and less time than the process that fills the queue has.
	for ((i = 0; i < ${number:-300}; i++)); do echo "k$i"; done | xargs -P1 -I{} keyctl add user {} v "$ring" >serials
	"$HELPERS/burst" --endless "$ring" >said 2>&1 3>&- &
	busy=$!
	await eval '(($(keyctl rlist "$ring" | wc -w) > $(wc -l <serials)))'
	timeout -s KILL $((60 * SLOW)) nice -n 5 "$WATCHQ" keys -R -J -I --once --marks --strict --no-realtime -d 32 "$ring" >json ||
		status=$?
	kill "$busy"		# is still at it
	wait "$busy" || true
	echo "# losses: $(grep -c '"event":"loss"' json), status $status, last: $(tail -n 2 json | jq -r .event | xargs)" >&3
	equal "$status" "$(grep -q '"event":"loss"' json && echo 4 || echo 0)"
	equal "$(jq -r 'select(.event == "quiet" or .event == "ready").event' json | xargs)" "ready quiet"
	equal "$(tail -n 1 json | jq -r .event)" quiet
	# Applied in order: what stays is there, and one key at most of those that come and go.
	model <json | tr ' ' '\n' | sort >found
	equal "$(sort serials | comm -23 - found)" ""
	# A loss that could not be made good is the last mark.
	[ "$(tail -n 2 json | jq -r .event | head -n 1)" = loss ] || (($(sort serials | comm -13 - found | wc -l) <= 1))
}

@test "--initial, then the changes" {
	keyctl add user before v "$ring"
	start json keys -J -I -c 1 "$ring"
	keyctl add user after v "$ring"
	wait "$pid"
	equal "$(jq -r '"\(.mark) \(.event) \(.aux_description)"' json | xargs)" \
		"initial instantiated null initial linked before null linked after"
}

@test "--initial while it changes: applied in order it is right" {
	keyctl add user burst x "$ring"
	burst 20000 "$ring" posted &
	start json keys -J -I --marks "$ring"
	wait %1
	await is_quiet json
	stop json
	equal "$(model <json)" "$(keyctl rlist "$ring")"
}
is_quiet() { tail -1 "$1" | grep -q '"quiet"'; }

@test "--marks: ready first, with the version; quiet when all has been told" {
	start json keys -J --marks "$ring"
	await has_lines 2 json
	keyctl add user k v "$ring"
	await has_lines 4 json
	stop json
	equal "$(jq -r .event json | xargs)" "ready quiet linked quiet"
	equal "$(head -1 json | jq -c '[.type,.v]')" '["meta",1]'
	equal "$(jq -r 'select(.v) | .event' json)" ready
}

@test "--sweep finds what the kernel does not tell" {
	key=$(keyctl add user k v "$ring")
	start json keys -J --sweep 50ms "$ring"
	keyctl invalidate "$key"		# nobody watches it
	await grep -q unlinked json
	stop json
	equal "$(jq -c '[.event,.mark,.aux,.aux_description]' json)" "[\"unlinked\",\"resync\",$key,\"k\"]"
	run -1 watchq keys --sweep 1ms "$ring"
}

# ---- Time and signals ----

@test "times follow a step of the wall clock; seconds since boot do not" {
	[ -n "${WATCHQ_TEST_KERNEL:-}" ] || skip "sets the clock: in the test kernel only"
	start json keys -J "$ring"
	keyctl clear "$ring"
	await has_lines 1 json
	date -s '+1 day'
	keyctl clear "$ring"
	await has_lines 2 json
	date -s '-1 day'
	keyctl clear "$ring"
	await has_lines 3 json
	stop json
	equal "$(jq -s '[.[1].time - .[0].time, .[2].time - .[1].time] | map(. / 86400 | round)' json | jq -c .)" '[1,-1]'
	equal "$(jq -s '.[2].boottime - .[0].boottime < 60' json)" true
}

@test "SIGINT shows what was read, and ends with status 0" {
	env --default-signal=INT "$WATCHQ" keys -J -v "$ring" >json 2>int.err 3>&- &
	pid=$!
	await is_ready int
	kill -STOP "$pid"
	await is_stopped "$pid"
	burst 50 "$ring" >time
	kill -INT "$pid"
	kill -CONT "$pid"
	status=0
	wait "$pid" || status=$?
	equal "$status" 0
	equal "$(wc -l <json)" 101
}

@test "-v says how the queue is read" {
	start json keys -J "$ring"
	stop json
	grep -q 'the queue is read by a thread, scheduled .*lets records gather for 2 ms at most' json.err
	start json keys -J --no-realtime "$ring"
	stop json
	grep -q 'scheduled as any other (--no-realtime)' json.err
}

@test "nothing that is started later is scheduled in real time" {
	start json keys -J "$ring"
	policies=$(for task in /proc/"$pid"/task/*; do chrt -p "${task##*/}"; done)
	stop json
	if [ "$(watchq info -J | jq 'select(.name == "realtime").works')" = true ]; then
		equal "$(grep -c SCHED_FIFO <<<"$policies")" 1
		grep -q 'SCHED_FIFO|SCHED_RESET_ON_FORK' <<<"$policies"
	else
		if grep -q SCHED_FIFO <<<"$policies"; then return 1; fi
	fi
}
