# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host threads
# --summary: how many events were shown, of which type, event and object.

load lib

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	unhex "$DATA/annotated-little.hex" >a
}
teardown() { [ -z "${pid:-}" ] || kill -KILL "$pid" 2>/dev/null || :; }

hex() { tr -d ' \n' | tr a-f A-F | unhex; }
# Where the last cell of a row is empty, it has room.
trimmed() { sed 's/ *$//' <<<"$1"; }
LINKED='01000002 10010000 39300000 37000000'
RING_LOSS='00000080 10000000'	# and how many, 64 bits

# What a summary in JSON must be, counted from the events.
counted() {
	jq -c -s 'group_by([.type_nr, .event_nr, .event, .id, (.object | tojson), .object_raw]) | .[] |
		(.[0] | {type, event, id} + with_entries(select(.key | startswith("object")))) +
		{count: length} + (.[0] | with_entries(select(.key == "lost")))' | sort
}

@test "a table: by type, event and object; what was shown is on standard output alone" {
	run -0 --separate-stderr watchq decode -S a
	equal "$output" "$(watchq decode a)"
	equal "$(trimmed "$stderr")" "TYPE EVENT     ID OBJECT COUNT LOST
meta loss       0            1
key  linked     1 @s         2
key  unlinked   1 @s         1
key  cleared    1 @s         1
sb   readwrite  1 @s         1
sb   error      1 @s         1"
}

@test "in JSON, of anything: what jq counts" {
	for seed in 1 2 3; do
		"$HELPERS/varied" 2000 $seed >c
		watchq decode -J --summary c >events 2>summary
		jq -c 'if .event == "ring_loss" then del(.lost) else . end' summary | sort >have
		jq -c 'if .event == "ring_loss" then del(.lost) else . end' events | counted >want
		diff want have
		equal "$(jq -s 'map(.count) | add' summary)" 2000
		# In order of the numbers of types.
		jq -r .type summary | grep -v unknown | uniq >types
		equal "$(xargs <types)" "meta key mount sb block usb"
	done
}

@test "ring_loss: how many were lost, in all; loss: nobody knows" {
	{ printf '%s 0500000000000000 ' "$RING_LOSS"; printf '%s 0700000000000000 00000001 08000000 %s' "$RING_LOSS" "$LINKED"; } | hex >c
	run -0 --separate-stderr watchq decode --endian little -J -S c
	equal "$stderr" '{"type":"meta","event":"loss","id":0,"count":1,"lost":null}
{"type":"meta","event":"ring_loss","id":0,"count":2,"lost":12}
{"type":"key","event":"linked","id":1,"object":null,"count":1}'
	run -0 --separate-stderr watchq decode --endian little -r -S c
	[[ $stderr =~ "meta ring_loss 0  2 12" ]]
	# More than there are numbers for.
	printf '%s ffffffffffffffff %s 0700000000000000' "$RING_LOSS" "$RING_LOSS" | hex >c
	run -0 --separate-stderr watchq decode --endian little -J -S c
	equal "$(jq -r .lost <<<"$stderr")" 18446744073709551615
}

@test "what filters keep out is not counted; nothing shown, nothing said" {
	run -0 --separate-stderr watchq decode -J -S -e unlinked a
	equal "$(jq -r .event <<<"$stderr" | xargs)" "loss unlinked"
	run -0 --separate-stderr watchq decode -J -S -m EVENT=cleared a
	equal "$(jq -r .event <<<"$stderr" | xargs)" "loss cleared"
	run -0 --separate-stderr watchq decode -J -S -c 1 a
	equal "$stderr" '{"type":"key","event":"linked","id":1,"object":"@s","count":1}'
	for form in -J -n -r -P; do
		run -0 --separate-stderr watchq decode $form -S /dev/null
		equal "$stderr" ""
	done
}

@test "in the form of the events; of records, a table" {
	run -0 --separate-stderr watchq decode -P -S -e unlinked a
	equal "${stderr##*$'\n'}" 'TYPE="key" EVENT="unlinked" ID="1" OBJECT="@s" COUNT="1" LOST=""'
	run -0 --separate-stderr watchq decode -r -n -S -e unlinked a
	equal "$(trimmed "$stderr")" $'meta loss 0  1\nkey unlinked 1 @s 1'
	watchq decode -B -S a 2>err >/dev/null
	# The one with a mark is no record of the kernel's.
	equal "$(awk 'NR > 1 { n += $(NF) } END { print NR, n }' err)" "6 $(watchq decode -B a | watchq decode -J | wc -l)"
	watchq decode -B=annotated -S a 2>err >/dev/null
	equal "$(awk 'NR > 1 { n += $(NF) } END { print NR, n }' err)" "7 7"
}

@test "no control byte of an object gets to a terminal" {
	"$HELPERS/varied" 500 7 >c
	for form in -n -r -P -J; do
		LC_ALL=C watchq decode $form -S c 2>err >/dev/null
		equal "$(tr -d '\n' <err | tr -dc '\000-\037\177' | wc -c)" 0
	done
}

@test "one capture behind the other: the same objects are added up, however they were heard" {
	{ cat a; LC_ALL=C sed s/pipe/poll/g a; } >c
	equal "$(watchq decode -J -o BACKEND c | jq -r '.backend // empty' | sort -u | xargs)" "pipe poll"
	run -0 --separate-stderr watchq decode -J -S c
	equal "$stderr" "$(watchq decode -J -S a 2>&1 >/dev/null | jq -c '.count *= 2')"
}

@test "thousands of rows" {
	for ((i = 0; i < 5000; i++)); do printf '%02x%02x7700 08%02x0000' $((i & 255)) $((i >> 8)) $((i % 7)); done | hex >c
	watchq decode --endian little -J -S c 2>summary >events
	equal "$(jq -s 'map(.count) | length, add' summary | xargs)" "5000 5000"
}

@test "after what went wrong" {
	printf '%s 01000002 0b' "$LINKED" | hex >c
	run -1 --separate-stderr watchq decode -J -S --endian little c
	[[ $stderr =~ "offset 16: cut off".*$'\n''{"type":"key","event":"linked",'[^$'\n']*$ ]]
	# Nothing began.
	run -1 --separate-stderr watchq mounts -J -S --backend none
	! grep -q '^{' <<<"$stderr" || return 1
}

@test "the reader has gone: counted all the same" {
	"$HELPERS/records" 100000 >c
	{ watchq decode -J -S c 2>err; echo $? >status; } | head -1 >line
	equal "$(cat status)" 0
	jq -se 'map(.count) | add > 0' err
}

# ---- SIGUSR1 ----

@test "SIGUSR1: what was written so far, as often as it is sent" {
	mkfifo in
	exec 7<>in
	"$WATCHQ" decode --endian little -J -S in >out 2>err 7>&- 3>&- &
	pid=$!
	for n in 1 2 3; do
		hex <<<"$LINKED" >&7
		await has_lines $n out
		kill -USR1 "$pid"
		await has_lines $n err
		equal "$(tail -n 1 err | jq .count)" $n
	done
	exec 7>&-
	wait "$pid"
	equal "$(jq .count err | xargs)" "1 2 3 3"
}

@test "SIGUSR1 of a command that watches; it goes on" {
	"$WATCHQ" mounts -J -I -S -v >out 2>err 3>&- &
	pid=$!
	await grep -q ': ready$' err
	mounts=$(wc -l </proc/self/mountinfo)
	await has_lines "$mounts" out
	kill -USR1 "$pid"
	await grep -q '^{' err
	equal "$(grep '^{' err | jq -c '[.type, .event, .id, .object, .count]')" "[\"mount\",\"new_mount\",1,\"/\",$mounts]"
	kill -0 "$pid"
	kill -TERM "$pid"
	wait "$pid"
	equal "$(grep -c '^{' err)" 2
}

@test "SIGUSR1 while nobody reads: a summary, and none of the events is given up" {
	mkfifo out
	exec 8<>out
	"$HELPERS/records" 200000 >c
	"$WATCHQ" decode -J -S c >out 2>err 8>&- 3>&- &
	pid=$!
	await takes_usr1 "$pid"
	await has_stalled "$pid"
	for n in 1 2; do
		kill -USR1 "$pid"
		await has_lines $((2 * n)) err
	done
	cat out >o 8>&- 3>&- &
	reader=$!
	await test -s o	# it has opened it: there is always one who reads
	exec 8>&-
	wait "$pid"
	wait "$reader"
	equal "$(wc -l <o)" 200000
	equal "$(tail -n 2 err | jq -s 'map(.count) | add')" 200000
}
takes_usr1() { grep -q '^SigBlk:.*[2367abef]..$' /proc/"$1"/status; }

@test "SIGUSR1 while a watch ends and its reader is slow: nothing is given up" {
	needs_mount_ns
	[ "$(id -u)" = 0 ] || skip "only root may mount"
	mkfifo out
	# Its command has ended; more is to be written than the pipe takes.
	timeout $((100 * SLOW)) unshare -m bash -c '
		mount -t tmpfs work "$PWD"; cd "$PWD"; mkdir d; mkfifo out; exec 8<>out
		"$0" mounts -J -S --output-all -C "$1 pairs 1500 d >time && touch done" >out 2>err 8>&- &
		pid=$!
		until [ -e done ]; do sleep 0.05; done
		until ! pgrep -r R,S,D -P $pid >/dev/null; do sleep 0.05; done
		for i in 1 2 3; do kill -USR1 $pid; sleep 0.05; done
		kill -0 $pid || { echo "it has ended before it was read" >&2; exit 9; }
		cat out >o 8>&- &
		until [ -s o ]; do sleep 0.02; done
		exec 8>&-
		status=0; wait $pid || status=$?
		wait
		cat err >&2
		[ $status = 0 ] || { echo "status $status" >&2; exit 8; }
		[ "$(tail -n 2 err | jq .count | xargs)" = "1500 1500" ] && [ "$(wc -l <o)" = 3000 ]' "$WATCHQ" "$HELPERS/mounter"
}

@test "SIGUSR1 without --summary ends it, as ever" {
	start out mounts
	kill -USR1 "$pid"
	await is_ended "$pid"
	status=0
	wait "$pid" || status=$?
	equal "$status" 138
}
is_ended() { [ "$(cut -d' ' -f3 /proc/"$1"/stat)" = Z ] || is_gone "$1"; }

@test "SIGUSR1 with --command is not the command's" {
	"$WATCHQ" mounts -n -S -v -C 'trap "touch told" USR1; touch runs; until [ -e go ]; do sleep 0.02; done; ! [ -e told ]' 2>err >out 3>&- &
	pid=$!
	await test -e runs
	kill -USR1 "$pid"
	kill -USR1 "$pid"
	touch go
	wait "$pid"
	# A command has it as it was.
	run -138 watchq mounts -n -S -C 'kill -USR1 $$'
}
