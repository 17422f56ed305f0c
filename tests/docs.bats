#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host shipped
#
# Man pages and completion say what the binary says.

bats_require_minimum_version 1.5.0

# Ranges such as a-z are those of ASCII.
export LC_ALL=C

setup() {
	: "${top_srcdir:=$BATS_TEST_DIRNAME/..}"
	: "${WATCHQ:=$top_srcdir/watchq/watchq}"
	man=$top_srcdir/man
	mapfile -t commands < <("$WATCHQ" --list-commands | cut -d ' ' -f 1)
	[ "${#commands[@]}" -gt 0 ]
}

# The first column of a list, or the one named, without its heading.
list() {
	local column=1
	if [ "$1" = -c ]; then
		column=$2
		shift 2
	fi
	"$WATCHQ" "$@" --raw | awk -v c="$column" 'NR > 1 { print $c }'
}

# The source of a page with what it includes, as the page's attributes have it:
# include::FILE[tag=TAG], ifdef::ATTRIBUTE[], ifndef::ATTRIBUTE[] and :ATTRIBUTE:.
page() {
	awk -v dir="$man" '
	function text(line,   parts) {
		if (line ~ /^endif::/) { depth--; if (depth < hidden) hidden = 0; return }
		if (match(line, /^ifn?def::[a-z-]+/)) {
			depth++
			split(line, parts, /::|\[/)
			if (!hidden && (parts[2] in set) != (parts[1] == "ifdef")) hidden = depth
			return
		}
		if (hidden) return
		if (match(line, /^:[a-z-]+:/)) set[substr(line, 2, RLENGTH - 2)] = 1
		if (line ~ /^include::/) {
			split(line, parts, /::|\[tag=|\]/)
			included(dir "/" parts[2], parts[3])
			return
		}
		if (line !~ /^\/\//) print line
	}
	function included(file, tag,   line, on, any) {
		while ((getline line < file) > 0) {
			if (line == "// end::" tag "[]") on = 0
			if (on) text(line)
			if (line == "// tag::" tag "[]") on = any = 1
		}
		close(file)
		if (!any) print "no tag " tag " in " file
	}
	{ text($0) }' "$man/$1"
}

# The options that a page describes: the terms of its lists.
described() { page "$1" | grep -E '^\*-.*::$' | grep -oE '\*--?[a-z0-9A-Z][a-z-]*\*' | tr -d '*' | sort -u; }

# Says which lines are in the first list alone.
none_missing() {	# WHAT LIST-1 LIST-2
	local missing
	missing=$(comm -23 <(sort -u <<<"$2") <(sort -u <<<"$3"))
	[ -z "$missing" ] || { printf '%s: %s\n' "$1" "${missing//$'\n'/ }"; return 1; }
}

# Completes the line, the cursor at its end; replies in COMPREPLY. As readline has it,
# word breaks divide the words, and what stands before the last one stays.
complete_line() {
	local part words=() breaks
	COMP_LINE=$1 COMP_POINT=${#1} COMP_WORDS=() COMPREPLY=()
	read -ra words <<<"$1"
	[[ $1 != *' ' ]] || words+=('')
	for part in "${words[@]}"; do
		breaks=${part//[^=:]/}
		while [ -n "$breaks" ]; do
			COMP_WORDS+=("${part%%[=:]*}" "${breaks:0:1}")
			part=${part#*[=:]}
			breaks=${breaks:1}
		done
		COMP_WORDS+=("$part")
	done
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_watchq_module "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
}
offered() { complete_line "$1" && printf '%s\n' "${COMPREPLY[@]}"; }

load_completion() {
	local link
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	for link in watchq "${commands[@]/#/watchq-}"; do ln -s "$(realpath "$WATCHQ")" "$BATS_TEST_TMPDIR/bin/$link"; done
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	# shellcheck source=/dev/null
	source "$top_srcdir/bash-completion/watchq"
}

@test "every command has a page, and watchq(1) names it" {
	for command in "${commands[@]}"; do
		[ -s "$man/watchq-$command.1.adoc" ] || { echo "no page for $command"; return 1; }
		page watchq.1.adoc | grep -qx "\*$command\*::" || { echo "not in watchq(1): $command"; return 1; }
	done
	none_missing 'no such command' \
		"$(cd "$man" && printf '%s\n' watchq-*.1.adoc | sed 's/^watchq-//; s/\.1\.adoc$//')" \
		"$(printf '%s\n' "${commands[@]}")"
}

@test "every option is in its command's page" {
	for command in "${commands[@]}"; do
		none_missing "not in watchq-$command(1)" \
			"$(list "$command" --list-options)" "$(described "watchq-$command.1.adoc")"
	done
	none_missing 'not in watchq(1)' \
		"$("$WATCHQ" --help | sed -n '/^Options:/,$p' | grep -oE '^ +(-.,)? +--[a-z-]+' | grep -oE -- '--.*')" \
		"$(described watchq.1.adoc)"
}

@test "no page describes an option that isn't there" {
	for command in "${commands[@]}"; do
		none_missing "watchq-$command(1) has options that aren't there" \
			"$(described "watchq-$command.1.adoc")" "$(list "$command" --list-options)"
	done
	none_missing 'watchq(1) has options that are not there' "$(described watchq.1.adoc)" \
		"$(printf '%s\n' -h -V; "$WATCHQ" --help | grep -oE -- '--[a-z-]+')"
}

@test "no page speaks of an option that no command has" {
	all=$("$WATCHQ" --help | grep -oE -- '--[a-z-]+'
		for command in "${commands[@]}"; do list "$command" --list-options; done)
	for file in "$man"/*.adoc; do
		none_missing "${file##*/} speaks of" "$(grep -oE -- '(^|[^-[:alnum:]])--[a-z][a-z-]+' "$file" | grep -oE -- '--.*' || :)" "$all"
	done
}

@test "arguments of options are named as the binary names them" {
	for command in "${commands[@]}"; do
		while read -r option argument; do
			page "watchq-$command.1.adoc" | grep -E '^\*-.*::$' | tr -d '*_' | grep -qE -- "$option $argument::\$" ||
				{ echo "watchq-$command(1): $option $argument"; return 1; }
		done < <("$WATCHQ" "$command" --list-options --raw | awk 'NR > 1 && !/^[^ ]*  / && $1 ~ /^--/ && $2 !~ /^\[/ { print $1, $2 }')
	done
}

@test "every column is in watchq(1), and no other" {
	columns=$(list keys --list-columns)
	listed=$(page watchq.1.adoc | sed -n '/^== COLUMNS/,/^== JSON/p' | sed -n 's/^\*\([A-Z:-]*\)\*::.*/\1/p')
	none_missing 'not in watchq(1)' "$columns" "$listed"
	none_missing 'watchq(1) has columns that are not there' "$listed" "$columns"
}

@test "columns that JSON leaves out by default are marked" {
	needs jq xxd
	marked=$(page watchq.1.adoc | sed -n 's/^\*\([A-Z:-]*\)\*::.*(+)$/\1/p')
	given() { xxd -r -p <<<"$1" | "$WATCHQ" decode --json --endian little "${@:2}" | jq -r 'keys[]' | tr a-z_ A-Z-; }
	# A key's record, and one of a type that nobody knows.
	key=0100000210010000e8030000e9030000
	# (CONDITION is of wait alone, whose default has it.)
	none_missing 'in the default' "$marked" "$(given $key --output-all; echo CONDITION)"
	[ -z "$(comm -12 <(sort -u <<<"$marked") <(given $key | sort -u))" ]
	none_missing 'left out, and not marked' "$(given $key --output-all)" "$(given $key; echo "$marked")"
}

# Those that have a number; the others are other names of them.
numbered() { awk '$3 ~ /^[0-9]+$/ { print $1, $3, $2 }'; }

@test "every event of a command is in its page, and no other" {
	for command in keys mounts sb block; do
		listed=$(page "watchq-$command.1.adoc" | sed -n '/^=== Events/,/^=== \(Backends\|Columns\)/p' | sed -n 's/^\*\([a-z_]*\)\*::.*/\1/p')
		events=$("$WATCHQ" "$command" --list-events --raw | numbered | cut -d ' ' -f 3)
		none_missing "not in watchq-$command(1)" "$events" "$listed"
		none_missing "watchq-$command(1) has events that are not there" "$listed" "$events"
	done
}

@test "other names of events: each is in watchq-mounts(1), and means what it says" {
	needs jq
	names=$("$WATCHQ" mounts --list-events --json | jq -r 'select(.number == null) | .event')
	[ "$(xargs <<<"$names")" = 'mount umount move remount' ]
	for name in $names; do
		meant=$("$WATCHQ" mounts --list-events --json | jq -r --arg name "$name" 'select(.event == $name).description')
		[[ $meant =~ ^'the same as '([a-z_]+)(', '([a-z_]+))?(' and '([a-z_]+))?$ ]]
		line=$(page watchq-mounts.1.adoc | grep "^\* \*$name\*: ")
		[ "$(grep -oE '[a-z_]+' <<<"${line#*"$name"}" | grep -vx and | xargs)" = "$(xargs <<<"${BASH_REMATCH[1]} ${BASH_REMATCH[3]-} ${BASH_REMATCH[5]-}")" ]
		for event in new_mount unmount move_from move_to readonly readwrite setattr expiry; do
			! grep -qw "$event" <<<"$meant" || echo "$event"
		done >"$BATS_TEST_TMPDIR/want"
		# Records of all of them: 0 to 6, and readonly with and without its flag.
		needs xxd
		for record in 00/00 01/00 02/00 03/00 03/02 04/00 05/00 06/00; do printf '020000%s1800%s0001000000000000000200000000000000' "${record%/*}" "${record#*/}"; done | xxd -r -p |
			"$WATCHQ" decode --endian little --events "$name" --raw --noheadings --output EVENT | sort >"$BATS_TEST_TMPDIR/have"
		sort "$BATS_TEST_TMPDIR/want" | diff - "$BATS_TEST_TMPDIR/have"
	done
}

# TYPE NUMBER EVENT, from the tables of the page.
tables() {
	page watchq-record.5.adoc | awk '
	/^==== / { type = $2 }
	/^=== Annotated/ { type = "note" }
	/^ *[0-9]+  [a-z_]+  / && type != "note" { print type, $1, $2 }
	type == "note" && match($0, /^\*[a-z]+\* \([0-9]+\)::$/) { gsub(/[*():]/, ""); print type, $2, $1 }'
}

@test "every type and event is in watchq-record(5) with its number, and no other" {
	events=$("$WATCHQ" decode --list-events --raw | numbered)
	none_missing 'not in watchq-record(5)' "$events" "$(tables)"
	none_missing 'watchq-record(5) has events that are not there' "$(tables)" "$events"
}

# NUMBER MEANING, of one of the tables of bits: the first or the second.
bits() { page watchq-record.5.adoc | awk -v n="$1" '/^Bit  / { t++; next } /^\.\.\.\./ { if (on) exit } t == n { on = 1; print $1 }'; }
# As many numbers as there are constants that begin so, but for the last, which counts them.
constants() { grep -oE '^	WQ_SIDE_[A-Z_]+' "$top_srcdir/lib/libwatchq-side.h" | awk -v last="WQ_SIDE_$1" -v first="WQ_SIDE_$2" '
	$1 == first { on = 1 } $1 == last { exit } on { print n++ }'; }
@test "every bit of the note side is in watchq-record(5)" {
	[ "$(bits 1 | xargs)" = "$(constants NUMBERS DEV | xargs)" ]
	[ "$(bits 2 | xargs)" = "$(constants TEXTS TARGET | xargs)" ]
	[ "$(constants TEXTS TARGET | wc -l)" -gt 10 ]
}

# DIALECT TYPE NUMBER, from the table of the page.
dialect_table() {
	page watchq-record.5.adoc | awk '
	/^Dialect +meta/ { for (i = 2; $i != "Posted"; i++) type[i] = $i; on = 1; next }
	/^\.\.\.\./ { on = 0 }
	on { for (i in type) if ($i != "-") print $1, type[i], $i }'
}

@test "every dialect and its numbers are in watchq-record(5), and in watchq-decode(1)" {
	needs jq xxd
	names=$("$WATCHQ" decode --dialect '?' 2>&1 | sed -n 's/.*one of \(.*\), not.*/\1/p' | tr -d ,)
	[ -n "$names" ]
	for name in $names; do
		have+=$(for nr in {0..9}; do printf '%02x0000fe08000000' "$nr"; done | xxd -r -p |
			"$WATCHQ" decode --json --endian little --dialect "$name" -o TYPE,TYPE-NR |
			jq -r "select(.type != \"unknown\") | \"$name \(.type) \(.type_nr)\"")$'\n'
	done
	none_missing 'not in watchq-record(5)' "${have%$'\n'}" "$(dialect_table)"
	none_missing 'watchq-record(5) has what is not there' "$(dialect_table)" "${have%$'\n'}"
	listed=$(page watchq-decode.1.adoc | sed -n '/^== DIALECTS/,/^== OPTIONS/p' | sed -n 's/^\*\([a-z0-9-]*\)\*::$/\1/p')
	[ "$(xargs <<<"$listed")" = "$names" ]
	page watchq-decode.1.adoc | sed -n '/^\*--dialect\*/,/^$/p' | tr -d '*,' | grep -q "${names% *} or ${names##* }"
}

# What a command puts in the heading, which stands above the first event.
default_columns() {	# COMMAND
	"$WATCHQ" "$1" --quiet --raw --marks --timeout 100ms | head -n 1
}

@test "default columns are those that the page tells" {
	needs xxd
	line=$(page watchq-mounts.1.adoc | grep '^The default columns are')
	[ "$(grep -oE '[A-Z][A-Z-]+' <<<"$line" | xargs)" = "$("$WATCHQ" mounts --raw --initial --once --backend mountinfo | head -n 1)" ]
	for command in sb block; do
		"$WATCHQ" info --raw | grep -q "^$command/[a-z]* yes" || continue
		line=$(page watchq-$command.1.adoc | grep '^The default columns are')
		[ "$(grep -oE '[A-Z][A-Z-]+' <<<"$line" | xargs)" = "$(default_columns $command)" ]
	done
	line=$(page watchq-decode.1.adoc | grep '^The default columns are')
	heading=$(xxd -r -p <<<0100000210010000e8030000e9030000 | "$WATCHQ" decode --raw --endian little | head -n 1)
	[ "$(grep -oE '[A-Z][A-Z-]+' <<<"$line" | xargs)" = "$heading" ]
}

@test "the examples of watchq-record(5) decode" {
	needs xxd
	ln -s "$(realpath "$WATCHQ")" "$BATS_TEST_TMPDIR/watchq"
	mapfile -t -d '' blocks < <(page watchq-record.5.adoc |
		awk '/^== EXAMPLES/ { on = 1 } on && /^----$/ { open = !open; if (!open) printf "%c", 0; next } open')
	[ "${#blocks[@]}" -eq 3 ]
	PATH=$BATS_TEST_TMPDIR:$PATH
	[ "$(bash -c "${blocks[0]}" | tail -n 1 | xargs)" = '1 key linked 1 key=1000 aux=1001' ]
	[ "$(bash -c "${blocks[1]}")" = "${blocks[2]%$'\n'}" ]
}

needs() {
	local program
	for program; do command -v "$program" >/dev/null || skip "$program is not there"; done
}

@test "the pages build without warnings" {
	needs asciidoctor
	for file in "$man"/*.[1-9].adoc; do
		run asciidoctor -w -b manpage -a release-version=1.2.3 -o "$BATS_TEST_TMPDIR/page" "$file"
		[ "$status" -eq 0 ] && [ -z "$output" ] || { echo "$output"; return 1; }
		grep -q '^\.TH .* "" "watchq 1\.2\.3"' "$BATS_TEST_TMPDIR/page" ||
			{ echo "${file##*/}: a date, or no version"; return 1; }
		# What asciidoctor has not understood it leaves as it was.
		run grep -nE '^[^.]*(\{[a-z-]+\}|ifdef|\*\*|__|::$)' "$BATS_TEST_TMPDIR/page"
		[ "$status" -eq 1 ] || { echo "${file##*/}: $output"; return 1; }
	done
}

@test "the pages are pages" {
	needs asciidoctor man
	for file in "$man"/*.[1-9].adoc; do
		asciidoctor -b manpage -a release-version=1.2.3 -o "$BATS_TEST_TMPDIR/page" "$file"
		run --separate-stderr man --warnings=w -l "$BATS_TEST_TMPDIR/page"
		[ "$status" -eq 0 ]
		# shellcheck disable=SC2154	# run sets it
		! grep -v "can't break line" <<<"$stderr" | grep . || return 1
	done
}

@test "completion: commands" {
	load_completion
	none_missing 'not offered' "$(printf '%s\n' "${commands[@]}")" "$(offered 'watchq ')"
	[ "$(offered 'watchq de')" = decode ]
	none_missing 'not offered' $'--help\n--list-commands\n--version' "$(offered 'watchq --')"
}

@test "completion: options" {
	load_completion
	for command in "${commands[@]}"; do
		options=$(list "$command" --list-options)
		none_missing "not offered by $command" "$options" "$(offered "watchq $command -")"
		none_missing "offered by $command" "$(offered "watchq $command -" | grep -v '=annotated$')" "$options"
		none_missing "not offered by watchq-$command" "$options" "$(offered "watchq-$command -")"
	done
	[ "$(offered 'watchq keys --time-f')" = --time-format ]
	[ -z "$(offered 'watchq keys --count ')" ]
	[ -z "$(offered 'watchq keys -qc ')" ]
	[[ $(offered 'watchq keys -P ') == *@s* ]]	# takes no value
}

@test "completion: events" {
	load_completion
	for line in 'keys -e' 'keys --events' 'mounts -e' 'sb -e' 'block -e' 'decode -e' 'decode -Je'; do
		events=$(list -c 2 "${line%% *}" --list-events)
		none_missing "not offered by $line" "$events" "$(offered "watchq $line ")"
	done
	[ "$(offered 'watchq keys -e linked,revo')" = linked,revoked ]
	[ "$(offered 'watchq keys --events=revo')" = revoked ]
	[ "$(offered 'watchq keys -e key/revo')" = key/revoked ]
	[ -z "$(offered 'watchq keys -e linked,linked')" ]
	[ "$(offered 'watchq mounts -e mo' | xargs)" = 'mount mount/* mount/expiry mount/mount mount/move mount/move_from mount/move_to mount/new_mount mount/readonly mount/readwrite mount/remount mount/setattr mount/umount mount/unmount move move_from move_to' ]
	[ "$(offered 'watchq sb -e re' | xargs)" = 'readonly readwrite ready removal' ]
	[ "$(offered 'watchq sb -e error,unm')" = error,unmounted ]
	[ "$(offered 'watchq block -e critical_m')" = critical_medium ]
	[ "$(offered 'watchq block -e block/re' | xargs)" = 'block/recoverable_transport block/remove block/resize' ]
	[ "$(offered 'watchq decode --dialect v5-2019 -e block/i')" = block/io ]
	[ -z "$(offered 'watchq decode --dialect=v5-2019 -e mount/')" ]
}

@test "completion: columns" {
	load_completion
	columns=$(list keys --list-columns)
	none_missing 'not offered' "$columns" "$(offered 'watchq keys -o ')"
	none_missing 'not offered' "$columns" "$(offered 'watchq-decode --output ')"
	[ "$(offered 'watchq keys -o +SEQ,BOOT')" = +SEQ,BOOTTIME ]
	[ "$(offered 'watchq keys -o boot')" = BOOTTIME ]
	[ "$(offered 'watchq keys -o SEQ,MAJ:')" = 'MIN' ]	# SEQ,MAJ: stays on the line
	[ "$(offered 'watchq keys -m BOOT')" = BOOTTIME= ]
	[ -z "$(offered 'watchq keys -m BOOTTIME=')" ]
}

@test "completion: values" {
	load_completion
	[ "$(offered 'watchq keys --time-format ' | xargs)" = 'short iso delta monotonic raw' ]
	[ "$(offered 'watchq keys --time-format=mo')" = monotonic ]
	[ "$(offered 'watchq decode --endian ' | sort | xargs)" = 'big little native' ]
	[ "$(offered 'watchq decode --endian=b')" = big ]
	[ "$(offered 'watchq decode --dialect ' | xargs)" = 'default v5-2019 feb-2020 aug-2020 sb-2020' ]
	[ "$(offered 'watchq decode --dialect=v')" = v5-2019 ]
	[ "$(offered 'watchq keys --backend ' | sort | xargs)" = 'auto pipe poll trace' ]
	[ "$(offered 'watchq-keys --backend ' | sort | xargs)" = 'auto pipe poll trace' ]
	[ "$(offered 'watchq mounts --backend ' | sort | xargs)" = 'auto fanotify mountinfo' ]
	[ "$(offered 'watchq sb --backend ' | sort | xargs)" = 'auto fanotify mountinfo quota' ]
	[ "$(offered 'watchq-block --backend=' | sort | xargs)" = 'auto trace uevent' ]
	[ -z "$(offered 'watchq block --coalesce ')" ]
	[ "$(offered 'watchq keys --binary=')" = annotated ]
	[ "$(offered 'watchq keys --color=' | xargs)" = 'auto always never' ]
	[ "$(offered 'watchq-decode --color=al')" = always ]
	[[ $(offered 'watchq keys --color ') == *@s* ]]
	[ "$(offered 'watchq keys --bin' | xargs)" = '--binary --binary=annotated' ]
}

@test "completion: keys and files" {
	load_completion
	[ "$(offered 'watchq keys ' | xargs)" = '@s @u @us' ]
	[ "$(offered 'watchq keys -J @u' | xargs)" = '@u @us' ]
	cd "$BATS_TEST_TMPDIR"
	touch some.cap 'other file'
	[ "$(offered 'watchq decode -J some')" = some.cap ]
	[ "$(offered 'watchq-decode o')" = 'other file' ]
	[ "$(offered 'watchq keys --output-file so')" = some.cap ]
	[ "$(offered 'watchq keys >so')" = '' ]
	[ "$(offered 'watchq keys -B > so')" = some.cap ]
	[ "$(offered 'watchq info some')" = some.cap ]
	[ "$(offered 'watchq-sb -J o')" = 'other file' ]
	mkdir somewhere
	[ "$(offered 'watchq sb some' | sort | xargs)" = 'some.cap somewhere' ]
	[ "$(offered 'watchq mounts some' | sort | xargs)" = 'some.cap somewhere' ]
	[ "$(offered 'watchq-mounts -J o')" = 'other file' ]
}

@test "completion: block devices" {
	device=$(find /sys/class/block -mindepth 1 -printf '%f\n' 2>/dev/null | grep -v '[^a-z0-9]' | head -n 1)
	[ -n "$device" ] || skip 'there is no block device'
	load_completion
	none_missing 'not offered' "$(ls /sys/class/block)" "$(offered 'watchq block ')"
	[[ " $(offered "watchq block -J ${device:0:2}" | xargs) " == *" $device "* ]]
	offered 'watchq-block /dev/nul' | grep -qx /dev/null
	cd "$BATS_TEST_TMPDIR"
	touch "${device:0:1}-file"
	! offered "watchq block ${device:0:1}" | grep -x "${device:0:1}-file" || return 1
	[ "$(offered "watchq block ./${device:0:1}-f")" = "./${device:0:1}-file" ]
}

@test "completion: sources and their objects" {
	load_completion
	[ "$(offered 'watchq watch ' | sort | xargs)" = 'all block keys mounts sb' ]
	[ "$(offered 'watchq watch sb m')" = mounts ]
	[ "$(offered 'watchq watch keys:@' | sort | xargs)" = '@s @u @us' ]
	cd "$BATS_TEST_TMPDIR"
	mkdir somewhere
	[ "$(offered 'watchq watch mounts:some')" = somewhere ]
	[ "$(offered 'watchq-watch -J keys sb:./some')" = ./somewhere ]
	[[ " $(offered 'watchq watch --backend ' | xargs) " == *' sb/mountinfo '* ]]
	[ "$(offered 'watchq watch --backend sb/mountinfo,mounts/m')" = sb/mountinfo,mounts/mountinfo ]
	[ "$(offered 'watchq wait un')" = unmounted: ]
	[ "$(offered 'watchq wait mounted:some')" = somewhere ]
	[ "$(offered 'watchq-wait --any revoked:@' | sort | xargs)" = '@s @u @us' ]
}

@test "every condition is in watchq-wait(1) and in its help, and no other" {
	listed=$(page watchq-wait.1.adoc | grep -oE '^\*[a-z]+:\*.*::$' | grep -oE '^\*[a-z]+' | tr -d '*')
	helped=$("$WATCHQ" wait --help | grep -oE '\b[a-z]+:[A-Z]' | cut -d : -f 1)
	load_completion
	equal_lists() { none_missing "$1" "$2" "$3" && none_missing "$1" "$3" "$2"; }
	equal_lists 'help and page differ' "$helped" "$listed"
	equal_lists 'completion and page differ' "$(offered 'watchq wait ' | tr -d :)" "$listed"
}

@test "completion: namespaces and types of filesystems" {
	load_completion
	cd "$BATS_TEST_TMPDIR"
	touch ns 1ns
	offered "watchq mounts -N ${$:0:1}" | grep -qx "$$"
	[ "$(offered 'watchq mounts --namespace=n')" = ns ]
	offered 'watchq mounts -N 1' | grep -qx 1ns
	[ "$(offered 'watchq mounts -N ./n')" = ./ns ]
	[ "$(offered 'watchq mounts -t pro')" = proc ]
	[ "$(offered 'watchq mounts --types=sysfs,pro')" = sysfs,proc ]
	[ "$(offered 'watchq mounts -t nopro')" = noproc ]
	[ "$(offered 'watchq mounts -t nosysfs,pro')" = nosysfs,proc ]
	[ -z "$(offered 'watchq mounts -O ')" ]
}

@test "completion: what --command runs" {
	load_completion
	offered 'watchq keys -C watchq-inf' | grep -qx watchq-info
	offered 'watchq keys --command=watchq-inf' | grep -qx watchq-info
	[ -z "$(offered 'watchq keys --session ')" ]
}

@test "completion: serial numbers and descriptions" {
	local key serial
	# Keys of its own: those of others come and go.
	keyctl new_session >/dev/null 2>&1 || skip "no session keyring can be made"
	key=$(keyctl newring completed @s)
	printf -v serial '%08x' "$key"
	grep -q "^$serial " /proc/keys || skip 'no key can be seen'
	load_completion
	[[ " $(offered "watchq keys 0x${serial:0:2}" | xargs) " == *" 0x$serial "* ]]
	[[ " $(offered "watchq keys ${key:0:1}" | xargs) " == *" $key "* ]]
	offered 'watchq keys %:comp' | grep -qx completed	# %: stays on the line
	offered 'watchq keys %key' | grep -qx '%keyring:completed'
}

@test "completion: strict shells" {
	load_completion
	set -euo pipefail
	for line in watchq 'watchq ' 'watchq k' 'watchq keys ' 'watchq keys -' 'watchq keys -e ' 'watchq keys -o +' \
		'watchq decode ' 'watchq nix ' 'watchq nix -' 'watchq keys %' 'watchq keys 1' 'watchq keys --no=such'; do
		complete_line "$line"
	done
	unset COMP_LINE COMP_POINT
	COMP_WORDS=(watchq de) COMP_CWORD=1
	_watchq_module watchq de watchq
	[ "${COMPREPLY[*]}" = decode ]
}

@test "completion: it is there for the command and its links" {
	load_completion
	for link in watchq "${commands[@]/#/watchq-}"; do
		complete -p "$link" | grep -q _watchq_module
	done
}
