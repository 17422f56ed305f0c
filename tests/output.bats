# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host threads
# How events are shown: columns, forms, times, and what becomes of bad output.

load lib

EVERY=$(wc -l <"$DATA/every-type.jsonl")	# records of that capture

setup() {
	unhex "$DATA/every-type-little.hex" >"$BATS_TEST_TMPDIR/c"
	cd "$BATS_TEST_TMPDIR"
}

decode() { watchq decode --endian little "$@" c; }

@test "-o chooses columns, with + it adds, and case does not matter" {
	equal "$(decode -r -o EVENT,key | sed -n 8p)" "linked 448585456"
	equal "$(decode -r -o +LEN | head -1)" "SEQ TIME TYPE EVENT ID OBJECT DETAIL LEN"
	equal "$(decode -r -n -o aux_description,Event-nr -e linked | tail -1)" " 2"
	equal "$(decode -J -o key,event -e linked | sed -n 5p)" '{"key":448585456,"event":"linked"}'
}

@test "an unknown column is an error that offers the nearest" {
	run -1 decode -o EVNET
	[[ $output =~ "unknown column 'EVNET'; did you mean 'EVENT'?" ]]
	run -1 decode -o ""
	[[ $output =~ "unknown column ''" ]]
}

@test "WATCHQ_COLUMNS stands for the default" {
	equal "$(WATCHQ_COLUMNS=EVENT,ID decode -r | sed -n 8p)" "linked 3"
	equal "$(WATCHQ_COLUMNS=EVENT,ID decode -J | sed -n 7p)" '{"event":"linked","id":3}'
	equal "$(WATCHQ_COLUMNS=EVENT decode -r -o +ID | sed -n 8p)" "linked 3"
	equal "$(WATCHQ_COLUMNS=EVENT decode -r -o ID | sed -n 8p)" "3"
	equal "$(WATCHQ_COLUMNS=NONSENSE decode -r -o ID | sed -n 8p)" "3"
	equal "$(WATCHQ_COLUMNS=+LEN decode -r | head -1)" "SEQ TIME TYPE EVENT ID OBJECT DETAIL LEN"
	WATCHQ_COLUMNS=NONSENSE run -1 decode
	[[ $output =~ "WATCHQ_COLUMNS: unknown column 'NONSENSE'" ]]
}

@test "--output-all shows every column that --list-columns lists" {
	local want
	want=$(watchq decode --list-columns --raw | sed 1d | cut -d' ' -f1 | xargs)
	equal "$(decode -r --output-all | head -1)" "$want"
}

@test "every column can be shown alone, in every form" {
	local column
	for column in $(watchq decode --list-columns --raw | sed 1d | cut -d' ' -f1); do
		equal "$(decode -r -n -o "$column" | wc -l)" "$EVERY"
		equal "$(decode -J -o "$column" | jq -c . | wc -l)" "$EVERY"
		equal "$(decode -n -o "$column" | wc -l)" "$EVERY"
		equal "$(decode -P -o "$column" | grep -c '="')" "$EVERY"
	done
}

@test "a column may be shown twice or more" {
	equal "$(decode -r -n -o KEY,KEY,KEY,KEY,KEY,EVENT,KEY -e linked | tail -1)" \
		"448585456 448585456 448585456 448585456 448585456 linked 448585456"
	# An object has each name but once.
	equal "$(decode -J -o KEY,ID,KEY,ID,KEY -e linked | tail -1)" '{"key":448585456,"id":3}'
}

@test "-n leaves the headings out, and only them" {
	decode >with
	decode -n >without
	sed 1d with | cmp - without
}

@test "-0 ends lines with NUL" {
	equal "$(decode -J -0 | tr -dc '\0' | wc -c)" "$EVERY"
	equal "$(decode -J -0 | tr -dc '\n' | wc -c)" 0
	# A heading would be the first item's beginning.
	equal "$(decode -r -0 -o EVENT | tr '\0' '\n')" "$(decode -r -n -o EVENT)"
}

@test "pairs: KEY=\"value\"" {
	equal "$(decode -P -o EVENT,KEY,AUX -e linked | tail -1)" 'EVENT="linked" KEY="448585456" AUX="734916353"'
}

@test "columns of a table stand one below the other, also where cells are empty" {
	decode -o EVENT,KEY,DESCRIPTION,AUX,LEN -e linked,unlinked,revoked >t
	# LEN is right-aligned: each line ends at the same place.
	equal "$(awk '{ print length($0) }' t | sort -u | wc -l)" 1
}

@test "JSON: one object a line, numbers above 2^53 as strings, what doesn't apply left out" {
	equal "$(decode -J | jq -s length)" "$EVERY"
	equal "$(decode -J | jq -c 'select(.event=="ring_loss") | [.lost, has("key")]')" '["12345678901234567890",false]'
	equal "$(decode -J | jq -c 'select(.event=="loss") | [.lost, has("lost"), has("object")]')" '[null,true,false]'
	equal "$(decode -J | jq -c 'select(.seq==14) | [.parent,.mount]')" '[2147483649,"1234605616436508552"]'
}

# Without the two losses of the golden capture, which nothing keeps out.
lossless() { decode -J "$@" -o SEQ,EVENT,TYPE,ID,LOST | jq -c 'select(has("lost") | not)'; }

@test "--match: equal text, all of them" {
	equal "$(lossless -m EVENT=linked)" '{"seq":3,"event":"linked","type":"key","id":3}'
	equal "$(lossless -m ID=3 -m TYPE=key | jq -r .event | xargs)" "linked expired"
	equal "$(lossless -m ID=3 -m TYPE=sb)" ""
	equal "$(lossless -m INFO=0x00000310 -m len=16 | jq -r .event | xargs)" "linked expired"
	run -1 decode -m EVENT
	[[ $output =~ "--match: expected COLUMN=VALUE, not 'EVENT'" ]]
	run -1 decode -m EVNT=x
	[[ $output =~ "did you mean 'EVENT'?" ]]
}

@test "--count: that many, losses aside; -1 is one" {
	equal "$(decode -J -c 5 -o EVENT | jq -r .event | xargs)" "removal removal loss ring_loss instantiated updated linked"
	equal "$(lossless -1 -e key/revoked -m TYPE=key | jq -r .event)" revoked
	run -1 decode -c 0
	[[ $output =~ "--count: expected a number from 1" ]]
	run -1 decode -c 12x
	[[ $output =~ "not '12x'" ]]
}

@test "--raw-filter: types, subtypes and watch IDs" {
	equal "$(lossless -f key:revoked-setattr -m TYPE=key | jq -r .event | xargs)" "revoked invalidated setattr"
	equal "$(decode -J -f '1:*:0x300/0xff00' -f 0x123456 -o TYPE,ID | jq -c '[.type,.id]' | tail -3 | xargs)" \
		"[key,3] [key,3] [unknown,4]"
	run -1 decode -f key:linkd
	[[ $output =~ "--raw-filter: unknown subtype 'linkd'; did you mean 'linked'?" ]]
	run -1 decode -f 'key:*:0x1ff/0xff00'
	[[ $output =~ "INFO has bits outside MASK" ]]
}

@test "times of an annotated capture, in every format" {
	unhex "$DATA/annotated-little.hex" >b
	export TZ=UTC
	equal "$(watchq decode -r -n -o TIME -1 b --time-format short)" "22:13:20.250000"
	equal "$(watchq decode -r -n -o TIME -1 b)" "2023-11-14T22:13:20,250000+00:00"
	equal "$(watchq decode -n -o TIME -1 b | xargs)" "22:13:20.250000"
	equal "$(TZ=Asia/Kolkata watchq decode -r -n -o TIME -1 b --time-format iso)" "2023-11-15T03:43:20,250000+05:30"
	equal "$(watchq decode -r -n -o TIME -1 b --time-format raw)" "1700000000.250000"
	equal "$(watchq decode -r -n -o TIME -1 b --time-format monotonic)" "1234.500000"
	equal "$(watchq decode -r -n -o TIME -1 b --time-format delta)" "+0.000000"
	run -1 watchq decode --time-format rww b
	[[ $output =~ "did you mean 'raw'?" ]]
}

@test "--match passes losses, which concern who waits for a match, too" {
	equal "$(decode -J -m EVENT=revoked -o EVENT | jq -r .event | xargs)" "loss ring_loss revoked"
}

@test "an annotated capture in a file that SIGHUP opens anew can be decoded by itself" {
	mkfifo in
	exec 7<>in
	unhex "$DATA/annotated-$(native_order).hex" >a
	"$WATCHQ" decode -B=annotated in --output-file log 3>&- &
	local pid=$!
	cat a >&7
	await decodes_to 7 log
	mv log log.old
	kill -HUP "$pid"
	await test -s log
	cat a >&7
	await decodes_to 7 log
	kill -TERM "$pid"
	wait "$pid"
	exec 7>&-
	cmp <(watchq decode -J --output-all log.old) <(watchq decode -J --output-all a)
	# Numbers go on; names, times and watches are all there again.
	cmp <(watchq decode -J --output-all log) <(watchq decode -J --output-all a)
}
decodes_to() { equal "$(watchq decode -J "$2" | wc -l)" "$1"; }

@test "forms exclude each other" {
	run -1 decode -J -r
	[[ $output =~ "exclude each other" ]]
	decode -J -J >/dev/null
}

@test "a full disk is an error, in every form" {
	local form
	unhex "$DATA/every-type-$(native_order).hex" >c
	for form in -J -r -P -n -B --binary=annotated; do
		run -1 --separate-stderr watchq decode "$form" c -o EVENT --output-file /dev/full
		[[ $stderr =~ "/dev/full: can't write: No space left on device" ]]
		status=0
		watchq decode "$form" c >/dev/full 2>err || status=$?
		equal "$status" 1
		grep -q "standard output: can't write: No space left on device" err
	done
	for form in --help --list-columns --list-events; do
		status=0
		watchq decode "$form" >/dev/full 2>err || status=$?
		equal "$status" 1
		grep -q "can't write: No space left on device" err
	done
}

@test "a reader that goes away ends it at once, status 0, without a word" {
	"$HELPERS/records" 3000000 >many
	{ watchq decode -J many 2>err; echo $? >status; } | head -1 >line
	equal "$(cat status)" 0
	equal "$(cat err)" ""
	equal "$(jq .seq line)" 1
}

@test "a reader that goes away ends it even with nothing to write" {
	mkfifo in
	# The writer of the input stays; nothing is ever written.
	exec 7<>in
	{ watchq decode -J in 2>err; echo $? >status; } | : &
	await test -s status
	exec 7>&-
	equal "$(cat status)" 0
	equal "$(cat err)" ""
}

@test "a socket's reader that goes away ends it as well" {
	mkfifo in
	exec 7<>in
	run -0 "$HELPERS/socket-out" "$WATCHQ" decode -J in
	equal "$output" ""
	exec 7>&-
	"$HELPERS/records" 3000000 >many
	run -0 "$HELPERS/socket-out" "$WATCHQ" decode -J many
	equal "$output" ""
}

@test "closed descriptors are not taken by other files" {
	[ -z "$EMULATED" ] || skip "an emulator opens files of its own"
	run -1 timeout 10 bash -c '"$0" decode <&-' "$WATCHQ"
	[[ $output =~ "can't read: Bad file descriptor" ]]
	run -1 timeout 10 bash -c '"$0" decode c >&-' "$WATCHQ"
	[[ $output =~ "can't write: Bad file descriptor" ]]
	printf '\001\0\0\002\005\0\0\0' >bad
	run -1 timeout 10 bash -c '"$0" decode --endian little --output-file log bad 2>&-' "$WATCHQ"
	equal "$(cat log)" ""
}

@test "the input is not the output" {
	"$HELPERS/records" 3 >many
	cp many before
	run -1 timeout 10 bash -c '"$0" decode -B many >>many' "$WATCHQ"
	[[ $output =~ "many: the input is the output, too" ]]
	run -1 timeout 10 "$WATCHQ" decode -B many --output-file many
	cmp many before
}

@test "--timeout is kept while nobody reads, SIGHUP then is no end" {
	"$HELPERS/records" 1000000 >many
	mkfifo out
	exec 8<>out
	# The pipe has to be full by then, on a busy machine, too.
	run -3 timeout $((60 * SLOW)) "$WATCHQ" decode -J -w $((2 * SLOW))s many --output-file out
	[[ $output =~ "stopped while the output was not being read" ]]
	"$WATCHQ" decode -J many --output-file out 2>err 8>&- 3>&- &
	local pid=$!
	await has_stalled "$pid"
	kill -HUP "$pid"
	cat <out >o 3>&- 8>&- &
	local reader=$!
	exec 8>&-
	wait "$pid"
	wait "$reader"
	equal "$(cat err)" ""
	equal "$(tail -1 o | jq .seq)" 1000000
}

@test "SIGTERM: what was read is out, status 0; also while nobody reads" {
	mkfifo in
	exec 7<>in
	"$WATCHQ" decode -J in >o 3>&- &
	local pid=$!
	head -c 16 <("$HELPERS/records" 1) >&7
	await has_lines 1 o
	kill -TERM "$pid"
	wait "$pid"
	exec 7>&-

	"$HELPERS/records" 1000000 >many
	mkfifo out
	exec 8<>out
	"$WATCHQ" decode -J many >out 2>err 8>&- 3>&- &
	pid=$!
	await has_stalled "$pid"
	kill -TERM "$pid"
	status=0
	wait "$pid" || status=$?
	exec 8>&-
	equal "$status" 1
	grep -q "stopped while the output was not being read" err
}

@test "--output-file appends, and SIGHUP opens it anew" {
	decode -J -1 --output-file log
	decode -J -1 --output-file log
	equal "$(wc -l <log)" 2
	mkfifo in
	exec 7<>in
	"$WATCHQ" decode -J in --output-file log2 3>&- &
	local pid=$!
	"$HELPERS/records" 1 >&7
	await has_lines 1 log2
	mv log2 log2.old
	kill -HUP "$pid"
	await test -e log2
	"$HELPERS/records" 1 >&7
	await has_lines 1 log2
	kill -TERM "$pid"
	wait "$pid"
	exec 7>&-
	equal "$(wc -l <log2.old)" 1
	run -1 watchq decode c --output-file /nowhere/at/all
	[[ $output =~ "/nowhere/at/all: can't open for writing" ]]
}

@test "SIGHUP in the midst of much: what was made before goes to the old file" {
	"$HELPERS/records" 2000000 >many
	"$WATCHQ" decode -r -o SEQ many --output-file log 3>&- &
	local pid=$!
	await test -s log
	mv log log.old
	kill -HUP "$pid"
	await test -s log
	kill -TERM "$pid"
	wait "$pid"
	equal "$(head -1 log)" SEQ
	# None is missing, none is twice.
	equal "$(sed 1d log | head -1)" $(($(tail -1 log.old) + 1))
}

@test "--timeout: status 3, whatever is filtered out" {
	mkfifo in
	exec 7<>in
	run -3 watchq decode -J -w 100ms in
	run -3 watchq decode -J --timeout .1 in
	equal "$output" ""
	exec 7>&-
	for t in 5x '' -1 1e3 ms 1s2; do
		run -1 watchq decode -w "$t" c
		[[ $output =~ "--timeout: expected a time" ]]
	done
}

@test "binary goes to no terminal" {
	type script || skip "no script(1) to make a terminal"
	run script -qec "$WATCHQ decode -B c; echo status \$?" /dev/null
	[[ $output =~ "binary records don't go to a terminal" ]]
	[[ $output =~ "status 1" ]]
}

@test "on a terminal long cells are cut, with -u they are not" {
	type script || skip "no script(1) to make a terminal"
	script -qec "stty cols 80; $WATCHQ decode --endian little c" /dev/null | tr -d '\r' | sed 's/…/+/g' >t
	grep -q '+' t
	(($(awk '{ if (length($0) > m) m = length($0) } END { print m }' t) <= 80))
	script -qec "stty cols 80; $WATCHQ decode --endian little -u c" /dev/null | tr -d '\r' >t
	(($(awk '{ if (length($0) > m) m = length($0) } END { print m }' t) > 200))
	# In a file nothing is cut.
	(($(decode | awk '{ if (length($0) > m) m = length($0) } END { print m }') > 200))
}
