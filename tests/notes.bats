# SPDX-License-Identifier: GPL-2.0-or-later
# Notes and records put together by hand: what a capture may say, and may not.

load lib

setup() { cd "$BATS_TEST_TMPDIR"; }

hex() { tr -d ' \n' | tr a-f A-F | unhex; }

# Little-endian: a number of N bytes; a text with its NUL; a note TAG PAYLOAD.
le() { local h i; printf -v h "%0$((2 * $1))X" "$2"; for ((i = 2 * $1 - 2; i >= 0; i -= 2)); do printf %s "${h:i:2}"; done; }
text() { printf '%s\0' "$1" | basenc -w0 --base16; }
note() {
	local payload=$2 part=0 chunk
	while :; do
		chunk=${payload:0:238}	# 119 bytes
		payload=${payload:238}
		printf 'F0FFFF%s%s%s%s00%s\n' "$(le 1 "$1")" "$(le 1 $((8 + ${#chunk} / 2)))" "$(le 1 $part)" \
			"$([ -n "$payload" ] && echo 01 || echo 00)" "$chunk"
		part=$((part + 1))
		[ -n "$payload" ] || break
	done
}
header() { sed -n 1p "$DATA/annotated-little.hex"; }
# INDEX ID OBJECT [BACKEND]
watch() { note 1 "$(le 2 "$1")$(le 1 "$2")01$(text keys)$(text "${4:-pipe}")$(text "$3")"; }
key() { note 2 "$(le 4 "$1")$(le 4 0)$(le 4 0)$(le 4 0)$(text user)$(text "$2")"; }	# SERIAL DESCRIPTION
event() { note 4 "$(le 8 "$1")$(le 8 "$1")$(le 2 "$2")$(le 1 "$3")"; }	# NS WATCH MARK
cleared() { printf '01000004%s%s00000000\n' "$(le 4 $((16 | ${2:-1} << 8)))" "$(le 4 "$1")"; }	# SERIAL [ID]

@test "an event note speaks of one record: watch, times and mark are not the next one's" {
	{ header; watch 7 1 ring; event 1000000000 7 2; cleared 5; cleared 5 2; } | hex >c
	equal "$(watchq decode -J c -o OBJECT,BACKEND,MARK,TIME,BOOTTIME)" \
		'{"object":"ring","backend":"pipe","mark":"resync","time":1.000000,"boottime":1.000000}
{"object":null,"backend":"capture","time":null,"boottime":null}'
}

@test "a capture behind another begins without its names" {
	{ header; key 5 before; cleared 5; header; cleared 5; } | hex | watchq decode -J -o DESCRIPTION >o
	equal "$(jq -c .description o | xargs)" "before null"
}

@test "notes without a header before them are records like others" {
	{ cleared 5; key 5 k; cleared 5; } | hex | watchq decode -J --endian little -o TYPE,EVENT,DESCRIPTION >o
	equal "$(jq -c '[.type,.event,.description]' o | xargs)" "[key,cleared,null] [note,key,null] [key,cleared,null]"
}

@test "what was found when looking again doesn't count" {
	{ header; event 1 65535 2; cleared 5; event 1 65535 1; cleared 6; event 1 65535 0; cleared 7; cleared 8; } | hex >c
	equal "$(watchq decode -J -1 c -o KEY | jq .key | xargs)" "5 6 7"
	equal "$(watchq decode -J -c 2 c -o KEY | jq .key | xargs)" "5 6 7 8"
	# And nobody posted it: plain records leave it out.
	watchq decode -B c | cmp - <({ cleared 7; cleared 8; } | hex)
}

@test "JSON: 2^53 is a number still, one more is a text" {
	printf '02000000 18000000 %s %s' "$(le 8 $((1 << 53)))" "$(le 8 $(((1 << 53) + 1)))" | hex |
		watchq decode -J --endian little -o PARENT,MOUNT >o
	equal "$(cat o)" '{"parent":9007199254740992,"mount":"9007199254740993"}'
}

# usb NAME: a record whose name is any bytes, `\xHH` for some.
usb() { local n; n=$(printf '%b' "$1" | basenc -w0 --base16); printf '05000000%s0000000000000000%s%s' "$(le 4 $((17 + ${#n} / 2)))" "$(le 1 $((${#n} / 2)))" "$n"; }

@test "JSON: what is no UTF-8 is bytes; what a terminal obeys is escaped" {
	local bad
	# Overlong, surrogates, past U+10FFFF, cut, stray.
	for bad in '\xc0\x80' '\xc1\xbf' '\xe0\x9f\xbf' '\xed\xa0\x80' '\xf0\x8f\xbf\xbf' '\xf4\x90\x80\x80' '\xf5\x80\x80\x80' \
		'\xe2\x82' '\xe2\x82x' '\x80' 'a\xff'; do
		usb "$bad" | hex | watchq decode -J --endian little -o NAME >o
		jq -e 'has("name_raw") and (has("name") | not)' o || { echo "not bytes: $bad" >&2; return 1; }
	done
	for good in '\xc2\xa0' '\xe0\xa0\x80' '\xed\x9f\xbf' '\xee\x80\x80' '\xf0\x90\x80\x80' '\xf4\x8f\xbf\xbf'; do
		usb "$good" | hex | watchq decode -J --endian little -o NAME >o
		equal "$(jq -j .name o | od -An -tx1)" "$(printf '%b' "$good" | od -An -tx1)"
	done
	usb '\xc2\x80\xc2\x9b\xc2\x9f\x7f\x1b"\\\n' | hex | watchq decode -J --endian little -o NAME >o
	equal "$(cat o)" '{"name":"\u0080\u009b\u009f\u007f\u001b\"\\\n"}'
}

@test "a watch's columns are those of the record where its ID is another" {
	{ header; watch 7 1 ring; event 1 7 0; cleared 5 1; event 1 7 0; cleared 5 2; event 1 7 0; cleared 5 1; } | hex >c
	equal "$(watchq decode -J -o ID,OBJECT c | jq -c '[.id,.object]' | xargs)" "[1,ring] [2,ring] [1,ring]"
}

@test "delta times: since the event before" {
	{ header; for t in 1000000000 1250000000 4250001000; do event "$t" 65535 0; cleared 5; done; } | hex >c
	equal "$(watchq decode -r -n -o TIME --time-format delta c | xargs)" "+0.000000 +0.250000 +3.000001"
}

@test "SIGHUP ends it, unless there is an --output-file to open anew" {
	mkfifo in
	exec 7<>in
	"$WATCHQ" decode -J --endian little in >o 3>&- 7>&- &
	local pid=$!
	cleared 5 | hex >&7
	await has_lines 1 o
	kill -HUP "$pid"
	status=0
	wait "$pid" || status=$?
	exec 7>&-
	equal "$status" 129
}

@test "a backend's name that no backend has is refused" {
	{ header; watch 7 1 ring "$(printf 'b%.0s' {1..31})"; event 1 7 0; cleared 5; } | hex >c
	equal "$(watchq decode -J -o BACKEND c | jq -r .backend | wc -c)" 32
	{ header; watch 7 1 ring "$(printf 'b%.0s' {1..32})"; event 1 7 0; cleared 5; } | hex >c
	run -1 watchq decode -J -o BACKEND c
	[[ $output =~ "bad note: it describes no watch" ]]
}

@test "delta times where time goes back, or isn't known" {
	{ header; for t in 2000000000 1000000000 0 1500000000; do event "$t" 65535 0; cleared 5; done; } | hex >c
	equal "$(watchq decode -r -n -o SEQ,TIME --time-format delta c | xargs)" "1 +0.000000 2 +0.000000 3 4 +0.500000"
}

@test "times that a capture doesn't have are not made up" {
	{ header; note 4 "$(le 8 5000000000)$(le 8 0)$(le 2 65535)00"; cleared 5; } | hex >c
	equal "$(watchq decode -J -o TIME,BOOTTIME c)" '{"time":null,"boottime":5.000000}'
}

@test "DETAIL that is too long ends with dots, and between characters" {
	local n
	for n in 440 441 442; do
		{ header; key 5 "$(printf 'x%.0s' $(seq $n))$(printf '\xe2\x82\xac%.0s' {1..40})"; cleared 5; } | hex >c
		equal "$(watchq decode -J -o DETAIL c | jq -r '.detail[-4:]')" "€..."
	done
}

@test "DETAIL that is too long for the bytes behind a record ends with dots, too" {
	local n
	for n in 470 483 484 490 492 497 500; do
		{ header; key 5 "$(printf 'x%.0s' $(seq $n))"; printf '0100000414010000%s00000000ABCDEF12\n' "$(le 4 5)"; } | hex >c
		watchq decode -J -o DETAIL c | jq -r .detail >o
		if ((n + 28 <= 511)); then
			equal "$(tail -c 16 o)" ") data=abcdef12"
		else
			equal "$(($(wc -c <o) - 1)) $(tail -c 4 o)" "511 ..."
		fi
	done
}

# Records, one a line, with their headers in the machine's byte order.
native_headers() {
	case $(native_order) in
	little) cat ;;
	big)    sed -E 's/^(..)(..)(..)(..)(..)(..)(..)(..)/\3\2\1\4\8\7\6\5/' ;;
	esac
}

@test "what is annotated already is not annotated again" {
	{ cleared 5; key 5 fake; cleared 5; } | native_headers | hex >c
	run -1 --separate-stderr watchq decode -B=annotated --output-file again c
	[[ $stderr =~ "can't be annotated" ]]
	equal "$(watchq decode -J again | jq -c .description)" null
}

@test "five thousand captures put together define no five thousand watches" {
	{ header; watch 0 1 ring; event 1 0 0; cleared 5; } | hex >one
	# shellcheck disable=SC2046	# words
	cat $(yes one | head -n 5000) | watchq decode -J -o OBJECT | uniq -c | xargs >o
	equal "$(cat o)" '5000 {object:ring}'
}

@test "what follows an annotated capture does not take its watches" {
	{ header; watch 0 1 ring; event 1 0 0; cleared 5; header; cleared 5; } | hex >c
	equal "$(watchq decode -J -o OBJECT c | jq -c .object | xargs)" "ring null"
}

# An event note as event() makes it, with a byte that a future version might add: it is
# read by another way, to the same end.
event_and_more() { note 4 "$(le 8 "$1")$(le 8 "$1")$(le 2 "$2")$(le 1 "$3")FF"; }

# Some events, with $1 for a note of an event.
some_events() {
	header; watch 7 1 ring; key 5 five
	"$1" 1000000000 7 0; cleared 5
	"$1" 1999999999 7 2; cleared 5
	cleared 5
	"$1" 3 65535 0; "$1" 2000000000 7 0; cleared 6 2
	"$1" 18446744073709551615 7 1; cleared 5
	note 3 "$(le 4 5)"; "$1" 1999999000 7 0; cleared 5
}

@test "event notes that are read where they stand say what others do" {
	some_events event | hex >c
	some_events event_and_more | hex >d
	watchq decode -J --output-all d >want
	equal "$(watchq decode -J d -o SEQ,TIME,MARK,OBJECT,DESCRIPTION | tail -n +2)" \
		'{"seq":2,"time":1.999999,"mark":"resync","object":"ring","description":"five"}
{"seq":3,"time":null,"object":"ring","description":"five"}
{"seq":4,"time":2.000000,"object":"ring","description":null}
{"seq":5,"time":18446744073.709551,"mark":"initial","object":"ring","description":"five"}
{"seq":6,"time":1.999999,"object":"ring","description":null}'
	watchq decode -J --output-all c | diff want -
}

@test "event notes and records across the borders of what is read at once" {
	# What event() and cleared() make, by one process: bats runs code of its own before each
	# command of a loop.
	awk 'function le(n, size,   text) {
			for (; size > 0; size--) { text = text sprintf("%02X", n % 256); n = int(n / 256) }
			return text
		}
		BEGIN { for (i = 1; i <= 500; i++)
			printf "F0FFFF041B000000%s%sFFFF00\n0100000410010000%s00000000\n", le(i * 1e6, 8), le(i * 1e6, 8), le(i, 4) }' >lines
	equal "$(head -n 2 lines)" "$(event 1000000 65535 0; cleared 1)"
	hex <lines >some
	# shellcheck disable=SC2046	# words
	{ header | hex; cat $(yes some | head -n 40); } >c
	(($(stat -c %s c) > 2 * 256 * 1024)) || return 1
	watchq decode -J -o SEQ,BOOTTIME,KEY c >o
	awk 'BEGIN { for (i = 0; i < 20000; i++) printf "{\"seq\":%d,\"boottime\":%d.%03d000,\"key\":%d}\n", \
		i + 1, (i % 500 + 1) / 1000, (i % 500 + 1) % 1000, i % 500 + 1 }' | cmp - o
	# A byte at a time, too.
	head -c 3000 c >d
	watchq decode -J d >want 2>/dev/null || true
	bash -c 'for byte in $(od -An -v -tx1 d); do printf "\x$byte"; done' | watchq decode -J 2>/dev/null | cmp - want
}

@test "a bad event note among many says where it is" {
	{ header; event 1 65535 0; cleared 5; event 1 65535 3; cleared 5; } | hex >c
	run -1 --separate-stderr watchq decode -J c
	equal "${#lines[@]}" 1
	[[ $stderr =~ "offset "$(($(header | hex | wc -c) + 27 + 16))": bad note: it describes no event" ]]
	# A part of another note is expected.
	{ header; note 2 "$(printf '00%.0s' {1..200})" | head -1; event 1 65535 0; cleared 5; } | hex >c
	run -1 watchq decode -J c
	[[ $output =~ "offset "$(($(header | hex | wc -c) + 127))": bad note: the next part of the note before it was expected" ]]
}

@test "numbers of events, and their times, where digits are carried" {
	{ header; for t in 1 999 1000 999999 1000000 999999999 1000000000 1000000999 59999999999 60000000000 1; do
		event "$t" 65535 0; cleared 5; done; } | hex >c
	equal "$(watchq decode -J -o TIME c | tr -d '{}' | xargs)" \
		"time:0.000000 time:0.000000 time:0.000001 time:0.000999 time:0.001000 time:0.999999 time:1.000000 time:1.000000 time:59.999999 time:60.000000 time:0.000000"
	equal "$(TZ=UTC watchq decode -r -n -o TIME --time-format short c | tail -5 | xargs)" \
		"00:00:01.000000 00:00:01.000000 00:00:59.999999 00:01:00.000000 00:00:00.000000"
	equal "$(TZ=UTC watchq decode -r -n -o TIME --time-format iso c | tail -2 | xargs)" \
		"1970-01-01T00:01:00,000000+00:00 1970-01-01T00:00:00,000000+00:00"
	"$HELPERS/records" 20001 | watchq decode -J -o SEQ | cmp - <(seq -f '{"seq":%.0f}' 20001)
}

by() { note 6 "$(le 4 "$1")$(text "$2")"; }		# PID COMMAND
path() { note 7 "$(le 4 "$1")$(text "$2")"; }		# SERIAL PATH

@test "the way to a key, its expiry and who did it, in every form" {
	export TZ=UTC LC_ALL=C.UTF-8
	"$HELPERS/varied" who >c
	equal "$(watchq decode -J -o KEY,EXPIRES,PATH,PID,COMMAND c)" \
		'{"key":1,"expires":1700003640,"path":"@s/ring/k","pid":4321,"command":"keyctl"}
{"key":2,"path":"@s/\u001b[31m\"\n\u009b","pid":1,"command":"\u001b]0;x\u0007\n\\"}
{"key":3,"path_raw":[64,115,47,255,195,40],"command":"0123456789abcé"}
{"key":1,"pid":4294967295,"command_raw":[254]}
{"key":1,"expires":"18446744073709551615","path":"é/k"}'
	equal "$(watchq decode -P -o KEY,EXPIRES,PATH,PID,COMMAND c | head -3)" \
		'KEY="1" EXPIRES="2023-11-14T23:14:00+00:00" PATH="@s/ring/k" PID="4321" COMMAND="keyctl"
KEY="2" EXPIRES="" PATH="@s/\x1b[31m\x22\x0a\xc2\x9b" PID="1" COMMAND="\x1b]0;x\x07\x0a\x5c"
KEY="3" EXPIRES="" PATH="@s/\xff\xc3(" PID="" COMMAND="0123456789abc\xc3\xa9"'
	equal "$(watchq decode -o EXPIRES,PID,PATH,COMMAND c)" \
'EXPIRES                 PID PATH                 COMMAND
2023-11-14T23:14:00    4321 @s/ring/k            keyctl
                          1 @s/\x1b[31m"\x0a\xc2\x9b \x1b]0;x\x07\x0a\
                            @s/\xff\xc3(         0123456789abcé
                    4294967295                      \xfe
18446744073709551615         é/k                  '
}

@test "JSON has them unasked, where they apply" {
	"$HELPERS/varied" who >c
	equal "$(watchq decode -J c | jq -c '[has("expires"), has("path") or has("path_raw"), has("pid"), has("command") or has("command_raw")]' | xargs)" \
		"[true,true,true,true] [false,true,true,true] [false,true,false,true] [false,false,true,true] [true,true,false,false]"
	equal "$(watchq decode -J c | jq -c 'select(.seq == 1) | keys_unsorted[-6:]')" \
		'["key_type","description","expires","path","pid","command"]'
	# No such column where the key has no name: null is for what applies.
	{ header; cleared 5; path 5 p; cleared 5; } | hex | watchq decode -J -o KEY,DESCRIPTION,EXPIRES,PATH >o
	equal "$(cat o)" '{"key":5,"description":null}
{"key":5,"description":null,"path":"p"}'
}

@test "an expiry is shown as the time format has it, with its date" {
	export TZ=Asia/Kolkata
	"$HELPERS/varied" who >c
	shown() { watchq decode -r -n -o EXPIRES -1 --time-format "$1" c; }
	equal "$(shown short)" 2023-11-15T04:44:00
	equal "$(shown iso)" 2023-11-15T04:44:00+05:30
	equal "$(shown delta)" 2023-11-15T04:44:00+05:30
	equal "$(shown monotonic)" 2023-11-15T04:44:00+05:30
	equal "$(shown raw)" 1700003640
}

@test "--match knows them" {
	"$HELPERS/varied" who >c
	matching() { watchq decode -J -m "$1" -o SEQ,KEY c | jq -c .key | xargs; }
	equal "$(matching PATH=@s/ring/k)" 1
	equal "$(matching PID=1)" 2
	equal "$(matching COMMAND=0123456789abcé)" 3
	equal "$(matching EXPIRES=1700003640)" 1
	equal "$(matching EXPIRES=)" "2 3 1"
	equal "$(matching PATH=)" 1
	equal "$(matching PATH=@s/ring)" ""
}

@test "a capture of a capture says the same" {
	local seed
	for seed in 1 2 3 4; do
		"$HELPERS/varied" 3000 $seed >c
		watchq decode -B=annotated c >d
		watchq decode -J --output-all c >want
		watchq decode -J --output-all d | cmp - want
	done
	(($(grep -c '"path' want) > 500 && $(grep -c '"pid"' want) > 500 && $(grep -c '"expires"' want) > 200 && $(grep -c '"operation"' want) > 50))
	# More columns than a path has places for.
	watchq decode -J -o PATH,SEQ,PATH,SEQ,PATH,SEQ,PATH,SEQ,PATH,SEQ,PATH c | jq -c 'select(has("path")) | .path' >some
	jq -c 'select(has("path")) | .path' want | cmp - some
}

@test "who did it is said of one record; a path of a key, until another is" {
	{ header; key 5 five; path 5 x/y; by 7 cat; cleared 5; cleared 5; cleared 6; note 3 "$(le 4 5)"; cleared 5
		path 5 ""; by 0 dog; cleared 5; path 5 z; by 8 ""; cleared 5; note 5 ""; cleared 5
		path 5 z; by 9 last; header; cleared 5; } | hex >c
	equal "$(watchq decode -J -o SEQ,DESCRIPTION,PATH,PID,COMMAND c)" \
		'{"seq":1,"description":"five","path":"x/y","pid":7,"command":"cat"}
{"seq":2,"description":"five","path":"x/y"}
{"seq":3,"description":null}
{"seq":4,"description":null,"path":"x/y"}
{"seq":5,"description":null,"command":"dog"}
{"seq":6,"description":null,"path":"z","pid":8}
{"seq":7,"description":null}
{"seq":8,"description":null}'
}

@test "an expiry in a note of a key may be missing, or not be all there is" {
	local k='F0FFFF02%s000000050000000000000000000000000000007500%s\n'
	# Of a key "u", without a description; then 8 bytes of expiry, and 3 that may come.
	# shellcheck disable=SC2059
	{ header; printf "$k" 1B 00; cleared 5; printf "$k" 23 "00$(le 8 77)"; cleared 5
		printf "$k" 26 "00$(le 8 78)010203"; cleared 5; printf "$k" 1E 00010203; cleared 5; } | hex >c
	equal "$(watchq decode -J -o KEY-TYPE,EXPIRES c)" '{"key_type":"u"}
{"key_type":"u","expires":77}
{"key_type":"u","expires":78}
{"key_type":"u"}'
}

@test "bad notes of who did it, and of a path" {
	bad() { { header; cleared 5; echo "$1"; cleared 5; } | hex >c; run -1 watchq decode -J -o KEY c; [[ $output =~ "bad note: $2" ]]; }
	bad "$(note 6 "$(le 4 1)")" "it describes no process"
	bad "$(note 6 "$(le 4 1)4142")" "it describes no process"
	bad "$(by 1 0123456789abcdef)" "it describes no process"
	bad "$(note 7 0102)" "it describes no path"
	bad "$(note 7 "$(le 4 5)41")" "it describes no path"
	# What a future version might add is passed over.
	{ header; note 6 "$(le 4 1)$(text a)FF"; note 7 "$(le 4 5)$(text b)FF"; cleared 5; } | hex >c
	equal "$(watchq decode -J -o PATH,PID,COMMAND c)" '{"path":"b","pid":1,"command":"a"}'
}

@test "notes of who did it and of a path in the other byte order" {
	{ sed -n 1p "$DATA/annotated-big.hex"
		echo FFFFF0020000002300000005000000000000000000000000750000000000000000004D
		echo FFFFF0070000001000000005702F7100
		echo FFFFF00600000010000010E163617400
		echo 00000104000001100000000500000000; } | hex >c
	equal "$(watchq decode -J -o KEY,EXPIRES,PATH,PID,COMMAND c)" \
		'{"key":5,"expires":77,"path":"p/q","pid":4321,"command":"cat"}'
}

@test "a path that is far longer than any name" {
	local esc want
	esc=$(printf '1B%.0s' {1..20000})
	{ header; note 7 "$(le 4 5)${esc}00"; for ((i = 0; i < 5; i++)); do cleared 5; done; } | hex >c
	want=$(printf '\\u001b%.0s' {1..20000})
	watchq decode -J -o PATH,SEQ c >o
	for ((i = 1; i <= 5; i++)); do printf '{"path":"%s","seq":%d}\n' "$want" $i; done | cmp - o
	want=${want//u00/x}
	watchq decode -r -n -o PATH,PATH c >o
	for ((i = 1; i <= 5; i++)); do printf '%s %s\n' "$want" "$want"; done | cmp - o
}

by() { note 6 "$(le 4 "$1")$(text "$2")$3"; }	# PID COMMAND [MORE]

@test "KTIME stands behind who did it; notes without it, and what comes behind it, are read" {
	{
		header
		by 7 keyctl "$(le 8 1500000000)"; event 2000000000 65535 0; cleared 5
		by 7 keyctl; event 2000000000 65535 0; cleared 5
		by 0 "" "$(le 8 1500000000)"; event 2000000000 65535 0; cleared 5
		by 7 keyctl "$(le 8 1500000000)FFFFFF"; event 2000000000 65535 0; cleared 5
		cleared 5
	} | hex >c
	equal "$(watchq decode -J -o BOOTTIME,KTIME,PID c)" '{"boottime":2.000000,"ktime":1.500000,"pid":7}
{"boottime":2.000000,"pid":7}
{"boottime":2.000000,"ktime":1.500000}
{"boottime":2.000000,"ktime":1.500000,"pid":7}
{"boottime":null}'
}

@test "a KTIME that is cut short is none, and the next record's is its own" {
	local n
	for n in 1 4 7; do
		{ header; by 7 keyctl "$(le "$n" 1)"; cleared 5; by 7 keyctl "$(le 8 1000000000)"; cleared 5; } | hex >c
		equal "$(watchq decode -J -o KTIME,PID c | xargs)" "{pid:7} {ktime:1.000000,pid:7}"
	done
}
