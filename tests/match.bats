# SPDX-License-Identifier: GPL-2.0-or-later
# --match, on every column that there is.

load lib
load mounts

OF_MOUNTS="MOUNT-ID OPTIONS VFS-OPTIONS ROOT PROPAGATION PEER-GROUP NAMESPACE OLD-TARGET OLD-OPTIONS"
# So many values of each column.
VALUES=$(fewer 2 4)
export OF_MOUNTS VALUES

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	export LC_ALL=C TZ=Europe/Berlin
}

# Losses and marks are shown whatever they match.
without_losses() { grep -v '"type":"meta","type_nr":0,"event":"[^"]*","event_nr":[1-9]'; }
# All of each event but its number, which is another where less is shown.
lines() { watchq decode --endian little -J --output-all "$@" | sed 's/"seq":[0-9]*,//'; }
cells() { watchq decode --endian little -r -n -o "$@"; }	# COLUMN OPTION... FILE

# json_name COLUMN: as JSON has it.
json_name() {
	local lower=${1,,}
	echo "${lower//-/_}"
}

# Each of some of the values that a column has: exactly the lines with it are shown.
match_column() {	# COLUMN FILE
	local cell value name n=0
	name=$(json_name "$1")
	cells "$1" "$2" | paste - "$2.lines" >both
	without_losses <both | cut -f1 | sort | uniq | shuf -n "$VALUES" --random-source=<(seq 1000000) >values
	while IFS= read -r cell; do
		printf -v value %b "$cell"
		without_losses <both | awk -F '\t' -v cell="${cell//\\/\\\\}" '$1 "" == cell "" { print $2 }' >want
		[ -s want ]
		for spelt in "$1" "$name"; do
			lines -m "$spelt=$value" "$2" | without_losses >have || :
			cmp -s want have || { echo "$spelt=$cell: $(wc -l <have) events, not $(wc -l <want)" >&2; return 1; }
		done
		n=$((n + (${#cell} > 0)))
	done <values
	echo "$1" >>"$(((n > 0)) && echo some || echo none)"
}

match_all() {	# FILE
	local column
	lines "$1" >"$1.lines"
	for column in $(watchq decode --list-columns --raw | sed 1d | cut -d' ' -f1); do
		[ "$column" = SEQ ] || match_column "$column" "$1"
	done
}

@test "a value of any column, whatever its bytes: the events with it, and no other" {
	"$HELPERS/varied" 1500 1 >c
	match_all c
	# Of losses and marks alone; what a mount is has a test of its own.
	equal "$(grep -vxF "${OF_MOUNTS// /$'\n'}" none | xargs)" "CONDITION LOST V"
}

@test "the same of plain records of every type" {
	unhex "$DATA/every-type-little.hex" >c
	match_all c
}

@test "the same of a capture of mounts, moved and changed" {
	[ -z "$EMULATED" ] || skip "an emulator has no mount namespaces"
	needs_mount_ns
	inside "$(watchq info --raw -n | sed -n 's/^mounts\/\([[:lower:]]*\) yes.*/\1/p' | head -n 1)" mounts_of_each \
		is_recorded watchq match_all match_column json_name lines cells without_losses
}
mounts_of_each() {
	mkdir end d "e ü" # what is moved, and to where
	mount --make-shared .
	mount --make-private .
	"$WATCHQ" mounts -I -B=annotated -v --backend "$BACKEND" >json 2>err 3>&- &
	watcher=$!
	await grep -q ': ready$' err
	mount -t tmpfs -o size=1M "odd source" d
	await is_recorded '"event":"new_mount".*odd source'
	mount -o remount,ro d
	await is_recorded '"event":"readonly"'
	mount --make-shared d
	mount --bind d "e ü"
	mount -t tmpfs last end
	await is_recorded '"source":"last"'
	mount --move "e ü" end
	umount d
	mount -t tmpfs two d
	await is_recorded '"source":"two"'
	kill "$watcher"
	wait "$watcher"
	export LC_ALL=C
	match_all json
	for column in $OF_MOUNTS; do
		grep -qx "$column" some || { echo "no value of $column" >&2; return 1; }
	done
}
is_recorded() { "$WATCHQ" decode -J json | grep -q "$1"; }

@test "an empty value: the column does not apply, or is not known" {
	unhex "$DATA/every-type-little.hex" >c
	lines -m KEY= c | without_losses >have
	lines c | without_losses | jq -c 'select(.key == null)' | cmp - <(jq -c . have)
	grep -q '"event":"new_mount"' have
	# It applies to a member of a keyring; what that is called is not known.
	lines -m aux_type= -m EVENT=linked c | without_losses >have
	grep -q '"aux_type":null' have
	# Nothing and an empty text are the same.
	lines -m OBJECT= -m TYPE=key c | without_losses >have
	equal "$(wc -l <have)" "$(lines -m TYPE=key c | without_losses | wc -l)"
	equal "$(lines -m EVENT= c | without_losses)" ""
}

@test "TIME, EXPIRES and INFO: as JSON has them, and as any table" {
	"$HELPERS/varied" who >c
	for column in TIME EXPIRES; do
		for format in short iso monotonic raw; do
			for text in $(cells "$column" --time-format "$format" c | grep . | sort -u); do
				cells "$column" --time-format "$format" c | grep -Fx -- "$text" >want
				cells "$column" --time-format "$format" -m "$column=$text" c >have
				cmp want have || { echo "$column=$text ($format)" >&2; return 1; }
				echo "$column" >>tried
			done
		done
		for number in $(watchq decode -J c | jq -r ".${column,,} // empty | tostring"); do
			# jq leaves zeros out.
			[ "$column" != TIME ] || number=$(printf %.6f "$number")
			watchq decode -J -m "$column=$number" c | grep -q "\"${column,,}\":\"*$number" || { echo "$column=$number" >&2; return 1; }
			echo "$column number" >>tried
		done
	done
	equal "$(sort -u tried | xargs)" "EXPIRES EXPIRES number TIME TIME number"
	# Without one, it is none of them.
	unhex "$DATA/every-type-little.hex" >c
	for column in TIME EXPIRES; do
		equal "$(lines -m "$column=0" c | without_losses)" ""
	done
	equal "$(lines -m INFO=784 c | without_losses)" "$(lines -m INFO=0x00000310 c | without_losses)"
	equal "$(watchq decode -J --endian little -m INFO=784 -o EVENT,INFO c | tail -n 1)" '{"event":"expired","info":784}'
}

@test "SEQ: the number that the event has without --match" {
	"$HELPERS/varied" 300 2 >c
	for n in 1 2 150 300; do
		equal "$(lines -m SEQ=$n c | without_losses)" "$(lines c | sed -n "${n}p" | without_losses)"
	done
	# The filter comes first.
	equal "$(watchq decode -J -e linked -m SEQ=3 c | without_losses | sed 's/"seq":[0-9]*,//')" \
		"$(watchq decode -J -e linked c | sed -n 3p | without_losses | sed 's/"seq":[0-9]*,//')"
}

@test "one column, and a value" {
	for wrong in EVENT =x '' +EVENT=x EVENT,ID=x; do
		run -1 watchq decode -m "$wrong" /dev/null
		[[ $output =~ "--match: expected COLUMN=VALUE, not '$wrong'" ]]
	done
	run -1 watchq decode -m EVNT=x /dev/null
	[[ $output =~ "--match: unknown column 'EVNT'; did you mean 'EVENT'?" ]]
	equal "$(watchq decode -J -m EVENT=a=b /dev/null)" ""
}
