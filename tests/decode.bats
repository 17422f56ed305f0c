# SPDX-License-Identifier: GPL-2.0-or-later
# Captures: every type and subtype, both byte orders, bad and cut ones, streams.

load lib

# Hex digits on standard input, spaces and newlines aside, to a capture.
hex() { tr -d ' \n' | tr a-f A-F | unhex; }

GOOD='01000002 10010000 39300000 37000000'	# linked, ID 1, key 12345, aux 55; little-endian
# The same in the machine's byte order, which records to be annotated are in.
native_good() {
	case $(native_order) in
	little) hex <<<"$GOOD" ;;
	big)    hex <<<'00000102 00000110 00003039 00000037' ;;
	esac
}

@test "every type and subtype, as little-endian machines write them" {
	unhex "$DATA/every-type-little.hex" | watchq decode -J --endian little | diff "$DATA/every-type.jsonl" -
}

@test "every type and subtype, as big-endian machines write them" {
	unhex "$DATA/every-type-big.hex" | watchq decode -J --endian big | diff "$DATA/every-type.jsonl" -
}

@test "each type and event of the catalog is in the golden capture" {
	local want have
	# Marks are not posted; they have a test of their own. What has no number is another
	# name of what has one.
	want=$(watchq decode --list-events -J | jq -r 'select(.number != null) | "\(.type) \(.event)"' |
		grep -v -e '^note ' -e '^meta ready' -e '^meta quiet' | sort)
	have=$(jq -r '"\(.type) \(.event)"' "$DATA/every-type.jsonl" | grep -v unknown | sort -u)
	equal "$have" "$want"
}

@test "the marks ready and quiet; the version is in ready alone" {
	equal "$(printf '00000081 08000000 00000082 08000000' | hex | watchq decode -J --endian little -o EVENT,V)" \
		'{"event":"ready","v":1}
{"event":"quiet"}'
}

@test "the byte order is native unless told otherwise" {
	unhex "$DATA/every-type-$(native_order).hex" >"$BATS_TEST_TMPDIR/c"
	watchq decode -J "$BATS_TEST_TMPDIR/c" | diff "$DATA/every-type.jsonl" -
	watchq decode -J --endian native - <"$BATS_TEST_TMPDIR/c" | diff "$DATA/every-type.jsonl" -
}

@test "as a table: headings once, a line an event" {
	run -0 --separate-stderr watchq decode <(unhex "$DATA/every-type-little.hex") --endian little
	equal "${#lines[@]}" "$(($(wc -l <"$DATA/every-type.jsonl") + 1))"
	equal "$(echo "${lines[0]}" | xargs)" "SEQ TIME TYPE EVENT ID OBJECT DETAIL"
	[[ ${lines[7]} =~ ^\ +7\ +key\ +linked\ +3\ +key=448585456\ aux=734916353$ ]]
	[[ ${lines[22]} =~ sb\ +error\ +9\ +sb=42\ error=117\ cookie=3\ inode=12\ block=98765$ ]]
}

@test "a record shorter than its type's says where, what, and how much; what came before is out" {
	run -1 --separate-stderr watchq decode -J --endian little <(printf '%s %s' "$GOOD" '01000005 0f010000 39300000 370000' | hex)
	equal "${#lines[@]}" 1
	equal "$(jq -c '[.event,.key,.aux]' <<<"$output")" '["linked",12345,55]'
	[[ $stderr =~ "offset 16: bad record: expected 16 bytes or more for 'revoked', found 15" ]]
}

@test "a length below 8 is bad" {
	run -1 --separate-stderr watchq decode -J --endian little <(printf '%s %s' "$GOOD" '01000005 07010000 00000000' | hex)
	equal "${#lines[@]}" 1
	[[ $stderr =~ "offset 16: bad record: expected a length of 8 to 127 bytes, found 7" ]]
}

@test "cut at every offset: whole records before it, and an error but at their borders" {
	local n step size start=0 end=0 whole=0 digits out status lengths=()
	step=$(fewer 5 1)
	unhex "$DATA/every-type-little.hex" >"$BATS_TEST_TMPDIR/whole"
	while read -r digits; do lengths+=($((${#digits} / 2))); done <"$DATA/every-type-little.hex"
	size=$(stat -c %s "$BATS_TEST_TMPDIR/whole")
	for ((n = 0; n <= size; n++)); do
		# The record that byte n is in begins at start; there are so many before it.
		end=$((start + ${lengths[whole]:-1}))
		if ((n == end)); then
			start=$end
			whole=$((whole + 1))
		fi
		((n % step == 0 || n == size)) || continue
		status=0
		out=$(head -c "$n" "$BATS_TEST_TMPDIR/whole" |
			watchq decode --endian little -r -n -o SEQ 2>"$BATS_TEST_TMPDIR/e") || status=$?
		((${out##*$'\n'} + 0 == whole)) || { echo "at $n: not $whole records: $out" >&2; return 1; }
		((status == (n != start))) || { echo "at $n: status $status" >&2; return 1; }
		((n == start)) || [[ $(<"$BATS_TEST_TMPDIR/e") =~ "offset $start: cut off: expected "[0-9]*" bytes of a record, found $((n - start))"$ ]]
	done
	equal "$whole" "$(wc -l <"$DATA/every-type.jsonl")"
}

@test "any bytes: valid JSON, then status 0 or 1, never worse" {
	local seed status
	for seed in $(seq 1 60); do
		status=0
		"$HELPERS/records" --random $((seed * 37)) "$seed" | watchq decode -J >"$BATS_TEST_TMPDIR/o" 2>/dev/null || status=$?
		((status < 2)) || { echo "seed $seed: status $status" >&2; return 1; }
		jq -e . "$BATS_TEST_TMPDIR/o" >/dev/null || [ ! -s "$BATS_TEST_TMPDIR/o" ]
	done
}

@test "names and objects of any length and bytes: each line is valid JSON" {
	local seed options
	for seed in 1 2 3; do
		"$HELPERS/varied" 2000 $seed >"$BATS_TEST_TMPDIR/c"
		for options in "" --output-all "-o AUX,KEY,ID,KEY,ID,KEY,AUX,AUX,ID,KEY,KEY-TYPE,ID,TIME,SEQ,BOOTTIME,SEQ" "-o COMMAND,PATH,SEQ,PATH,EXPIRES,PATH,PID,PATH,SEQ,PATH,PATH"; do
			# shellcheck disable=SC2086	# options
			watchq decode -J $options "$BATS_TEST_TMPDIR/c" >"$BATS_TEST_TMPDIR/o"
			equal "$(jq -c .seq "$BATS_TEST_TMPDIR/o" | cmp - <(seq 2000) && echo same)" same
		done
	done
}

@test "notes out of place: an error that says where, never worse" {
	local note status n bytes
	# A capture that has been annotated, with each of its bytes changed in turn.
	native_good | watchq decode -B=annotated >"$BATS_TEST_TMPDIR/a"
	watchq decode -J "$BATS_TEST_TMPDIR/a" | jq -e '.key == 12345'
	bytes=$(stat -c %s "$BATS_TEST_TMPDIR/a")
	for ((n = 0; n < bytes; n++)); do
		cp "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/x"
		printf '\377' | dd of="$BATS_TEST_TMPDIR/x" bs=1 seek="$n" conv=notrunc status=none
		status=0
		watchq decode -J "$BATS_TEST_TMPDIR/x" >"$BATS_TEST_TMPDIR/o" 2>"$BATS_TEST_TMPDIR/e" || status=$?
		((status < 2)) || { echo "byte $n: status $status" >&2; return 1; }
		((status == 0)) || grep -q "offset [0-9]" "$BATS_TEST_TMPDIR/e"
		jq -e . "$BATS_TEST_TMPDIR/o" >/dev/null || [ ! -s "$BATS_TEST_TMPDIR/o" ]
	done
}

@test "an annotated capture of the other byte order is recognised" {
	local order x
	x=$(printf 'x%.0s' {1..300})
	for order in big little; do
		unhex "$DATA/annotated-$order.hex" | watchq decode -J --output-all >"$BATS_TEST_TMPDIR/$order"
	done
	cmp "$BATS_TEST_TMPDIR/big" "$BATS_TEST_TMPDIR/little"
	# Adding 0: from 1.7 on jq keeps the digits of a number that it only passes on.
	equal "$(jq -c '[.time,.boottime,.event,.object,.backend,.key,.description,.uid,.gid,.perm,.id] | (.[] | numbers) += 0' "$BATS_TEST_TMPDIR/big" | head -1)" \
		'[1700000000.25,1234.5,"linked","@s","pipe",12345,"_ses",1000,1001,"3f3f0000",1]'
	# A name in three parts and a mark; the same key after it was forgotten; a loss
	# of the source's; a record that no note speaks of, after a reset; side data, of which
	# some is of the future, and a record without.
	equal "$(jq -c '[.event,.mark,.aux_type,.aux_description,.object,.description,.time] | (.[] | numbers) += 0' "$BATS_TEST_TMPDIR/big" | tail -n +2)" \
		'["unlinked","resync","user","'"$x"'","@s","_ses",1700000000.35]
["linked",null,null,null,"@s","_ses",1700000000.45]
["loss",null,null,null,null,null,1700000000.55]
["cleared",null,null,null,"@s",null,null]
["error",null,null,null,"@s",null,null]
["readwrite",null,null,null,"@s",null,null]'
	equal "$(jq -c 'select(.type == "sb") | with_entries(select(.key | test("target|source|path|errno|count|line|maj|function")))' "$BATS_TEST_TMPDIR/big")" \
		'{"path":null,"target":"/mnt/a","source":"/dev/loop0","targets_raw":[47,109,110,116,47,97,10,47,109,110,116,47,98,255],"errno":"EUCLEAN","count":3,"line":null,"maj:min":"7:0"}
{}'
}

@test "a gigabyte that ends badly: constant memory, all before it is out" {
	[ -z "$SANITIZED" ] || skip "a sanitizer's memory is not watchq's"
	[ -z "$EMULATED" ] || skip "an emulator's memory is not watchq's"
	# 67,108,864 records of 16 bytes, then one that claims 5.
	( "$HELPERS/records" 67108864; printf '%s' '01000002 05010000' | hex ) |
		bash -c 'ulimit -v 40000; exec "$0" decode -B' "$WATCHQ" 2>"$BATS_TEST_TMPDIR/e" |
		wc -c >"$BATS_TEST_TMPDIR/bytes"
	equal "$(cat "$BATS_TEST_TMPDIR/bytes")" 1073741824
	grep -q "offset 1073741824: bad record: expected a length of 8 to 127 bytes, found 5" "$BATS_TEST_TMPDIR/e"
}

@test "the same million records as JSON under 40 MB of address space" {
	[ -z "$SANITIZED" ] || skip "a sanitizer's memory is not watchq's"
	[ -z "$EMULATED" ] || skip "an emulator's memory is not watchq's"
	"$HELPERS/records" 1000000 | bash -c 'ulimit -v 40000; exec "$0" decode -J' "$WATCHQ" >"$BATS_TEST_TMPDIR/o"
	equal "$(wc -l <"$BATS_TEST_TMPDIR/o")" 1000000
	equal "$(tail -1 "$BATS_TEST_TMPDIR/o" | jq -c '[.seq,.event,.aux]')" '[1000000,"unlinked",5000]'
}

@test "a stream is shown as it comes, not when it ends" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	"$WATCHQ" decode -J --endian little "$BATS_TEST_TMPDIR/pipe" >"$BATS_TEST_TMPDIR/o" 3>&- &
	local pid=$!
	exec 7>"$BATS_TEST_TMPDIR/pipe"
	printf '%s' "$GOOD" | hex >&7
	await has_lines 1 "$BATS_TEST_TMPDIR/o"
	# Half a record, and then the other half.
	printf '%s' '01000002 10010000 3930' | hex >&7
	printf '%s' '0000 38000000' | hex >&7
	await has_lines 2 "$BATS_TEST_TMPDIR/o"
	exec 7>&-
	wait "$pid"
	equal "$(jq -c .aux "$BATS_TEST_TMPDIR/o" | xargs)" "55 56"
}

@test "plain records go through decode -B unchanged, filtered ones without the rest" {
	unhex "$DATA/every-type-little.hex" >"$BATS_TEST_TMPDIR/c"
	watchq decode -B "$BATS_TEST_TMPDIR/c" --endian little | cmp - "$BATS_TEST_TMPDIR/c"
	watchq decode -B -e key/revoked "$BATS_TEST_TMPDIR/c" --endian little >"$BATS_TEST_TMPDIR/r"
	equal "$(watchq decode --endian little -J "$BATS_TEST_TMPDIR/r" | jq -r .event | xargs)" \
		"removal removal loss ring_loss revoked"
}

@test "captures may be put one behind the other" {
	native_good | watchq decode --binary=annotated >"$BATS_TEST_TMPDIR/a"
	cat "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/a" "$BATS_TEST_TMPDIR/a" | watchq decode -J >"$BATS_TEST_TMPDIR/o"
	equal "$(jq -c '[.seq,.key]' "$BATS_TEST_TMPDIR/o" | xargs)" "[1,12345] [2,12345] [3,12345]"
}

@test "a capture of nothing" {
	run -0 --separate-stderr watchq decode -J /dev/null
	equal "$output$stderr" ""
	run -0 --separate-stderr watchq decode -J <(watchq decode --binary=annotated /dev/null)
	equal "$output$stderr" ""
}

@test "a file that isn't there, a folder, a second file" {
	run -1 watchq decode /nowhere/at/all
	[[ $output =~ "/nowhere/at/all: can't open: No such file or directory" ]]
	run -1 watchq decode /tmp
	[[ $output =~ "/tmp: can't read: Is a directory" ]]
	run -1 watchq decode a b
	[[ $output =~ "'b' is one too many" ]]
}

# A target and a source that stand behind each other in a note, as a header's first bytes would.
named_as_header() {
	local dir=m/x$'\xf0\xff\xff'
	mkdir m
	mount -t tmpfs work m
	mkdir "$dir" m/after
	mount -t tmpfs ABCDwatchqcf "$dir"
	mount -t tmpfs after m/after
	"$WATCHQ" mounts m -I --once --binary=annotated >capture
	"$WATCHQ" decode -n -r -o EVENT,SOURCE capture >expected
	"$WATCHQ" decode -n -r -o EVENT,SOURCE --keep-going --strict capture >found
	cat expected
	diff expected found
	grep -q 'new_mount ABCDwatchqcf' found
	grep -q 'new_mount after' found
}
@test "--keep-going: names that look like a header cut nothing" {
	needs_mount_ns
	cd "$BATS_TEST_TMPDIR"
	export WATCHQ
	timeout 60 unshare -m bash -ec "$(declare -f named_as_header); named_as_header"
}

@test "--keep-going: a capture that was cut, wherever, and appended to" {
	local cut first second size want
	cd "$BATS_TEST_TMPDIR"
	for first in little big; do
		unhex "$DATA/annotated-$first.hex" >first
		for second in little big; do
			unhex "$DATA/annotated-$second.hex" >second
			want=$(watchq decode -J second | jq -r .event | xargs)
			size=$(stat -c %s first)
			for ((cut = 4; cut < size; cut += SLOW > 1 ? 211 : 61)); do
				{ head -c "$cut" first; cat second; } >both
				run -0 --separate-stderr watchq decode -J --keep-going both
				[[ " $(jq -r .event <<<"$output" | xargs)" == *" $want" ]]
				# Between two records nothing is lost.
				[ -n "$stderr" ] || { clean=$((${clean:-0} + 1)); continue; }
				[[ " $(jq -r .event <<<"$output" | xargs)" == *" loss $want" ]]
				[[ $stderr =~ "watchq: decode: both: offset "[0-9]+": bad "(record|note)": ".*"; going on at the next header" ]]
			done
		done
	done
	((${clean:-0} < 10))
	run -4 --separate-stderr watchq decode --keep-going --strict both
	# Through a pipe, in pieces.
	equal "$(for ((i = 0; i < $(stat -c %s both); i += 50)); do tail -c "+$((i + 1))" both | head -c 50; done | watchq decode -q -J --keep-going | jq -r .event | xargs | sed "s/.*\(loss $want\)/\1/")" "loss $want"
	# Without it, and in a plain capture, the rest is not read.
	run -1 watchq decode both
	{ unhex "$DATA/every-type-little.hex" | head -c 100; echo 12345678; } >plain
	run -1 watchq decode --endian little --keep-going plain
}
