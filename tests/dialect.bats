# SPDX-License-Identifier: GPL-2.0-or-later
# --dialect: captures of other versions of the patches.

load lib

DIALECTS='v5-2019 feb-2020 aug-2020 sb-2020'

setup() { cd "$BATS_TEST_TMPDIR"; }

hex() { tr -d ' \n' | tr a-f A-F | unhex; }

# An annotated capture of that dialect, which is made of records in the machine's byte order.
annotated() { unhex "$DATA/dialect-$1-$(native_order).hex" | watchq decode --dialect "$1" -B=annotated; }

@test "each dialect has its numbers, layouts and flags, in both byte orders" {
	local dialect order
	for dialect in $DIALECTS; do
		for order in little big; do
			unhex "$DATA/dialect-$dialect-$order.hex" |
				watchq decode -J --endian $order --dialect "$dialect" | diff "$DATA/dialect-$dialect.jsonl" - ||
				{ echo "$dialect, $order" >&2; return 1; }
		done
	done
}

@test "default is what there is without the option" {
	unhex "$DATA/every-type-little.hex" | watchq decode -J --endian little --dialect default | diff "$DATA/every-type.jsonl" -
}

@test "numbers of 4 bytes in columns, in DETAIL, and to match" {
	unhex "$DATA/dialect-feb-2020-little.hex" >c
	watchq decode --dialect feb-2020 --endian little -r -n -o ID,MOUNT,PARENT,DETAIL -e mount/move_from c >o
	equal "$(grep triggered-on= o)" '2 34 4294967294 triggered-on=4294967294\x20auxiliary=34'
	watchq decode --dialect feb-2020 --endian little -J -o SEQ,PARENT -m PARENT=21 -m MOUNT=33 c >o
	equal "$(grep parent o)" '{"seq":2,"parent":21}'
}

@test "a body shorter than the dialect's is bad" {
	run -1 --separate-stderr watchq decode --dialect feb-2020 --endian little <(printf '02000000 0F000002 15000000 210000' | hex)
	[[ $stderr =~ "expected 16 bytes or more for 'new_mount', found 15" ]]
	run -1 --separate-stderr watchq decode --dialect aug-2020 --endian little <(printf '02000000 10000002 15000000 21000000' | hex)
	[[ $stderr =~ "expected 24 bytes or more for 'new_mount', found 16" ]]
}

@test "-e and -f mean what the dialect has, wherever --dialect stands" {
	local options
	unhex "$DATA/dialect-v5-2019-little.hex" >c
	for options in '-e block/io --dialect v5-2019' '--dialect=v5-2019 -e block/io' '-f block:io --dialect v5-2019' '-f 2:10 --dialect v5-2019'; do
		# shellcheck disable=SC2086	# options
		equal "$(watchq decode --endian little -J $options c | jq -c '[.type,.event]' | xargs)" "[meta,loss] [block,io]"
	done
	# A bare name: in every type of the dialect that has it.
	equal "$(watchq decode --endian little -J --dialect v5-2019 -e error c | jq -c '[.type,.event]' | xargs)" "[meta,loss] [usb,error]"
	run -1 watchq decode -e mount/readonly --dialect v5-2019 c
	[[ $output =~ "--events: unknown type of event 'mount'" ]]
	run -1 watchq decode -e blok/io --dialect v5-2019 c
	[[ $output =~ "did you mean 'block'?" ]]
}

@test "an annotated capture says its dialect: nothing need be asked for" {
	local dialect
	for dialect in $DIALECTS; do
		annotated "$dialect" >a
		watchq decode -J a | diff "$DATA/dialect-$dialect.jsonl" -
		watchq decode -J --dialect "$dialect" a | diff "$DATA/dialect-$dialect.jsonl" -
		# And it goes on saying so.
		watchq decode -B=annotated a | cmp - a
	done
}

@test "names in filters mean what the capture says; numbers stay" {
	annotated v5-2019 >a
	equal "$(watchq decode -J -e block/io a | jq -c '[.type,.event]' | xargs)" "[meta,loss] [block,io]"
	equal "$(watchq decode -J -f usb:add a | jq -c '[.type,.event]' | xargs)" "[meta,loss] [usb,add]"
	equal "$(watchq decode -J -f 3:0 a | jq -c '[.type,.event]' | xargs)" "[meta,loss] [usb,add]"
	# It has no such events.
	equal "$(watchq decode -J -e mount/readonly a | jq -c '[.type,.event]' | xargs)" "[meta,loss]"
	# It has one of two.
	equal "$(watchq decode -J -e error a | jq -c '[.type,.event]' | xargs)" "[meta,loss] [usb,error]"
}

@test "another dialect than the capture says is refused" {
	annotated feb-2020 >a
	run -1 --separate-stderr watchq decode --dialect v5-2019 a
	equal "$output" ""
	[[ $stderr =~ "a: offset 0: a capture begins that is of the dialect feb-2020, not v5-2019 as was asked for; ask for feb-2020, or for none" ]]
	run -1 watchq decode --dialect default a
	[[ $output =~ "not default as was asked for" ]]
}

@test "one dialect in captures that are put together" {
	annotated feb-2020 >a
	annotated v5-2019 >b
	cat a a | watchq decode -J | tail -n +11 | jq -c 'del(.seq)' | diff - <(jq -c 'del(.seq)' "$DATA/dialect-feb-2020.jsonl")
	run -1 --separate-stderr watchq decode -J <(cat a b)
	equal "${#lines[@]}" 10
	[[ $stderr =~ "offset $(stat -c %s a): a capture begins that is of the dialect v5-2019, but what came before was read as feb-2020; decode them apart" ]]
	# Plain records before it were read as the default dialect, unless told better.
	unhex "$DATA/dialect-v5-2019-$(native_order).hex" | head -c 8 >c
	cat b >>c
	run -1 --separate-stderr watchq decode -J c
	equal "${#lines[@]}" 1
	[[ $stderr =~ "what came before was read as default" ]]
	equal "$(watchq decode -J --dialect v5-2019 c | wc -l)" 8
}

@test "a dialect that is not known: those that are, and the nearest" {
	run -1 watchq decode --dialect v5-2018 /dev/null
	[[ $output =~ "--dialect: expected one of default, v5-2019, feb-2020, aug-2020, sb-2020, not 'v5-2018'; did you mean 'v5-2019'?" ]]
	run -1 watchq decode --dialect
	[[ $output =~ "needs a value" ]]
	# As a later watchq may have written.
	annotated v5-2019 | sed 's/v5-2019/v9-2031/' >a
	run -1 --separate-stderr watchq decode a
	[[ $stderr =~ "a: offset 0: a capture begins that is of the dialect 'v9-2031'; known are default, v5-2019, feb-2020, aug-2020, sb-2020" ]]
}

@test "a capture of nothing says its dialect, too" {
	watchq decode -B=annotated --dialect v5-2019 /dev/null | grep -qa v5-2019
	watchq decode -B=annotated /dev/null | grep -qa default
	watchq decode -B=annotated --dialect v5-2019 /dev/null | watchq decode -B=annotated | grep -qa v5-2019
}

@test "--list-events and -H list what the dialect has" {
	local dialect
	equal "$(watchq decode --list-events --dialect v5-2019 -r -n | cut -d' ' -f1 | uniq | xargs)" "meta key block usb note"
	equal "$(watchq decode --dialect feb-2020 --list-events -r -n | cut -d' ' -f1 | uniq | xargs)" "meta key mount sb note"
	watchq decode -H --dialect v5-2019 -r -n | cut -d' ' -f1 >o
	run -1 grep -xE 'MOUNT|PARENT|TARGET|SB-ID|COOKIE|INODE|BLOCK|FLAGS' o
	equal "$(grep -cxE 'SEQ|MAJ:MIN|SECTOR|NAME|ERROR' o)" 5
	# All that is in the captures of the tests is in the lists.
	for dialect in $DIALECTS; do
		watchq decode --list-events --dialect "$dialect" -r -n | cut -d' ' -f1,2 | sort >have
		jq -r 'select(.type != "unknown") | "\(.type) \(.event)"' "$DATA/dialect-$dialect.jsonl" | sort -u | comm -13 have - >o
		equal "$(cat o)" ""
	done
}

@test "records of this kernel's are of no other dialect" {
	run -1 watchq keys --dialect v5-2019
	[[ $output =~ "unknown or ambiguous option '--dialect'" ]]
}

takes_signals() { grep -q ^sigmask /proc/"$1"/fdinfo/*; }

@test "SIGHUP before there is anything: the file is opened anew all the same" {
	local format pid
	mkfifo in
	for format in --json --binary=annotated; do
		exec 7<>in
		"$WATCHQ" decode $format --dialect feb-2020 --output-file o in 3>&- 7>&- &
		pid=$!
		await takes_signals "$pid"
		await [ -e o ]
		mv o old
		kill -HUP "$pid"
		await [ -e o ]
		unhex "$DATA/dialect-feb-2020-$(native_order).hex" >&7
		exec 7>&-
		wait "$pid"
		equal "$(wc -c <old)" 0
		grep -qa -e feb-2020 -e is-recursive o
		rm o
	done
}

@test "readwrite: a mount or a filesystem that became writable, wherever the flag stands" {
	# mount and sb: with and without is-now-ro; then the same two mounts as February 2020 had them.
	unhex >now <<-'END'
		0200000318000200 0100000000000000 0000000000000000
		0200000318000000 0200000000000000 0000000000000000
		0300000010000100 2A00000000000000
		0300000010000000 2B00000000000000
	END
	unhex >feb <<-'END'
		0200000310000400 01000000 00000000
		0200000310000200 02000000 00000000
	END
	equal "$(watchq decode --endian little -J now | jq -r .event | xargs)" "readonly readwrite readonly readwrite"
	equal "$(watchq decode --endian little -J -e readonly now | jq -r .event | xargs)" "readonly readwrite readonly readwrite"
	equal "$(watchq decode --endian little -J -e readwrite now | jq -r '"\(.type) \(.event) \(.event_nr) \(.flags)"' | xargs)" "mount readwrite 3 null sb readwrite 0 null"
	equal "$(watchq decode --endian little -J -e mount/readwrite,sb/readonly now | jq -r '"\(.type) \(.event)"' | xargs)" "mount readwrite sb readonly sb readwrite"
	equal "$(watchq decode --endian little -J -m EVENT=readwrite now | jq -r .type | xargs)" "mount sb"
	equal "$(watchq decode --endian little --dialect feb-2020 -J -e readwrite feb | jq -r '"\(.event) \(.mount)"' | xargs)" "readwrite 2"
	# An annotated capture says which dialect it is of, and is of the machine's byte order.
	[ "$(native_order)" = little ] || return 0
	watchq decode --endian little --dialect feb-2020 -B=annotated feb >notes
	equal "$(watchq decode -J -e readwrite notes | jq -r '"\(.event) \(.mount)"' | xargs)" "readwrite 2"
}
