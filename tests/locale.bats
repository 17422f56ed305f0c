# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host
# Names and values are ASCII and the same in every locale: in Turkish ones, 'i' and 'I'
# are not one letter in two cases.

load lib

setup_file() {
	local charset
	export LOCPATH=$BATS_FILE_TMPDIR
	for charset in UTF-8 ISO-8859-9; do
		localedef -i tr_TR -f "$charset" "$LOCPATH/tr_TR.$charset" 2>"$LOCPATH/why" || :
	done
}

setup() {
	unset LC_ALL
	cd "$BATS_TEST_TMPDIR" || return
	unhex "$DATA/annotated-little.hex" >c
}

# in_turkish CHARSET FUNCTION: call the function in that locale; skip where there is none.
in_turkish() {
	[ "$(LC_ALL=tr_TR.$1 locale charmap 2>/dev/null)" = "$1" ] || skip "no locale tr_TR.$1 can be made: $(head -n 1 "$LOCPATH/why")"
	TURKISH=tr_TR.$1
	"$2"
}

names() {
	watchq decode -J --output-all c >want
	LC_ALL=$TURKISH watchq decode -J --output-all c >have
	cmp have want
	LC_ALL=$TURKISH watchq decode -J -o time,pid,description,info,maj:min,limit c >have
	equal "$(head -n 1 have | jq -r 'keys_unsorted | join(" ")')" "time description info"
	iconv -f UTF-8 have >/dev/null
}
@test "columns in lower case, and JSON's names: UTF-8" { in_turkish UTF-8 names; }
@test "columns in lower case, and JSON's names: ISO-8859-9" { in_turkish ISO-8859-9 names; }

lists() {
	local option
	for option in --list-columns --list-events --list-options; do
		watchq decode "$option" -J >want
		LC_ALL=$TURKISH watchq decode "$option" -J >have
		cmp have want
	done
	LC_ALL=$TURKISH watchq info -J | jq -es 'all(has("name") and has("detail"))'
}
@test "lists in JSON: UTF-8" { in_turkish UTF-8 lists; }
@test "lists in JSON: ISO-8859-9" { in_turkish ISO-8859-9 lists; }

messages() {
	export LANGUAGE=tr LC_ALL=$TURKISH
	"$HELPERS/deny" fanotify_init true || skip "no seccomp filters here"
	"$HELPERS/deny" fanotify_init "$WATCHQ" info -J >have
	iconv -f UTF-8 have >/dev/null
	jq -es 'length > 10' have
}
@test "JSON with messages of the C library in Turkish is UTF-8: UTF-8" { in_turkish UTF-8 messages; }
@test "JSON with messages of the C library in Turkish is UTF-8: ISO-8859-9" { in_turkish ISO-8859-9 messages; }

suggested() {
	LC_ALL=$TURKISH run -1 watchq decode -o tine c
	[[ $output =~ "did you mean 'TIME'?" ]]
}
@test "what was meant: UTF-8" { in_turkish UTF-8 suggested; }
@test "what was meant: ISO-8859-9" { in_turkish ISO-8859-9 suggested; }

completed() {
	# shellcheck source=/dev/null
	source "$top_srcdir/bash-completion/watchq"
	mkdir bin
	ln -s "$WATCHQ" bin/watchq
	PATH=$PWD/bin:$PATH
	COMP_LINE='watchq decode -o ti' COMP_POINT=19
	COMP_WORDS=(watchq decode -o ti) COMP_CWORD=3
	LC_ALL=$TURKISH _watchq_module watchq ti -o
	equal "${COMPREPLY[*]}" TIME
	COMP_LINE='watchq --' COMP_POINT=9 COMP_WORDS=(watchq --) COMP_CWORD=1
	LC_ALL=$TURKISH _watchq_module watchq -- watchq
	[[ " ${COMPREPLY[*]} " == *" --version "* ]]
}
@test "completion of columns in lower case, and of options: UTF-8" { in_turkish UTF-8 completed; }
