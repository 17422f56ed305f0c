#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# watchq: host shipped
#
# Names in the code. C and POSIX reserve names by pattern (E*, SIG*, TIME_*, SO*, *_MAX,
# str*, to*, *_t, ...) for headers to come, so macros and enumerators have a prefix.

bats_require_minimum_version 1.5.0

setup() {
	: "${top_srcdir:=$BATS_TEST_DIRNAME/..}"
	cd "$top_srcdir" || return
}

# Print "KIND NAME FILE" for each definition in the C files of a folder. KIND is macro,
# enumerator, type (typedefs and tags), or name (functions and variables of file scope).
definitions() {	# FOLDER
	local file
	while IFS= read -r file; do
		sed -E ':a; /\\$/ { N; s/\\\n//; ba }' "$file" | awk -v file="$file" '
		function found(kind, name) { if (name != "") print kind, name, file }
		function last_word(text) {
			sub(/[^A-Za-z0-9_]+$/, "", text)
			sub(/^.*[^A-Za-z0-9_]/, "", text)
			return text
		}
		# The line without what is in comments and literals.
		function code(line,   out) {
			while (line != "") {
				if (comment) {
					if (!match(line, /\*\//)) return out
					line = substr(line, RSTART + 2)
					comment = 0
				} else if (match(line, /^"([^"\\]|\\.)*"/) || match(line, /^\047([^\047\\]|\\.)*\047/)) {
					out = out "0"
					line = substr(line, RLENGTH + 1)
				} else if (line ~ /^\/\//) {
					return out
				} else if (line ~ /^\/\*/) {
					comment = 1
					line = substr(line, 3)
				} else {
					out = out substr(line, 1, 1)
					line = substr(line, 2)
				}
			}
			return out
		}
		# Enumerators: the first word in the braces, and after each comma.
		function enumerators(text,   c, word) {
			for (; text != ""; text = substr(text, 2)) {
				c = substr(text, 1, 1)
				if (c == "(") depth++
				else if (c == ")") depth--
				else if (c == "}") { in_enum = 0; return }
				else if (c == "," && !depth) expect = 1
				else if (expect && c ~ /[A-Za-z_]/) {
					match(text, /^[A-Za-z0-9_]+/)
					found("enumerator", substr(text, 1, RLENGTH))
					text = substr(text, RLENGTH)
					expect = 0
				}
			}
		}
		{
			line = code($0)
			if (line ~ /^[ \t]*#/) {
				if (sub(/^[ \t]*#[ \t]*define[ \t]+/, "", line)) {
					match(line, /^[A-Za-z0-9_]+/)
					found("macro", substr(line, 1, RLENGTH))
				}
				next
			}
			text = line
			if (in_enum) enumerators(text)
			else if (match(text, /(^|[^A-Za-z0-9_])enum[ \t]*[A-Za-z0-9_]*[ \t]*\{/)) {
				in_enum = expect = 1
				depth = 0
				enumerators(substr(text, RSTART + RLENGTH))
			}
			if (match(line, /(^|[^A-Za-z0-9_])(struct|union|enum)[ \t]+[A-Za-z0-9_]+[ \t]*\{/))
				found("type", last_word(substr(line, RSTART, RLENGTH)))
			if (line ~ /^typedef/) {
				if (match(line, /\(\*[A-Za-z0-9_]+\)/)) found("type", last_word(substr(line, RSTART, RLENGTH)))
				else if (line ~ /;[ \t]*$/) found("type", last_word(line))
			} else if (line ~ /^[a-z]/ && line !~ /^[a-z_]+:/ && !/^(struct|union|enum)[^(=]*\{/) {
				sub(/__attribute__.*/, "", line)
				sub(/[(=[;,{].*/, "", line)
				# A line that ends with "struct" has its name after the brace.
				if (line ~ /[ \t*]/ && last_word(line) !~ /^(struct|union|enum)$/) found("name", last_word(line))
			}
		}'
	done < <(find "$1" -name '*.[ch]' | sort)
}

# Fail if there are lines, and show them.
none() {	# TEXT, LINES
	[ -z "$2" ] || { printf '%s:\n%s\n' "$1" "$2" >&2; return 1; }
}

@test "the list of definitions has each kind" {
	mkdir "$BATS_TEST_TMPDIR/c"
	cat >"$BATS_TEST_TMPDIR/c/a.c" <<-'END'
		/* enum { NOT_THIS }; */
		#define ONE(x)	"enum { NOR_THIS }"
		# define TWO \
			3
		enum colour { RED, GREEN = F(1, 2),	/* NOR, THAT */
			BLUE };
		static enum { UP } way;
		typedef int (*call_t)(int);
		typedef unsigned number_t;
		struct point { int x; };
		static struct point *topmost(int a)
		{
		    int inner = 1;
		out:
		    return inner;
		}
		extern const char *const strings[];
	END
	run -0 definitions "$BATS_TEST_TMPDIR/c"
	[ "$(sed 's/ [^ ]*$//' <<<"$output" | LC_ALL=C sort | paste -sd,)" = \
		"enumerator BLUE,enumerator GREEN,enumerator RED,enumerator UP,macro ONE,macro TWO,name strings,name topmost,type call_t,type colour,type number_t,type point" ]
}

@test "macros and enumerators begin with WQ_ in lib/, WQC_ in watchq/, WQT_ in tests/" {
	# The names of others, defined where a header lacks them; gettext's; TAP's.
	others='_|N_|_FCNTL_H|AT_RECURSIVE|FAN_MARK_MNTNS|FAN_MNT_(ATTACH|DETACH)|FAN_REPORT_MNT|SYS_(mount_setattr|statmount)|SD_JOURNAL_SUPPRESS_LOCATION|ok'
	for pair in lib:WQ_ watchq:WQC_ tests:WQT_; do
		none "without ${pair#*:}" \
			"$(definitions "${pair%:*}" | grep -E '^(macro|enumerator) ' | grep -vE "^[a-z]+ (${pair#*:}[A-Za-z0-9_]+|$others) ")"
	done
}

@test "types, functions and variables have no reserved name" {
	none "reserved" "$(for folder in lib watchq tests; do definitions "$folder"; done |
		grep -E '^(type|name) ' | grep -E '^[a-z]+ ((_|str[a-z]|mem[a-z]|wcs[a-z]|is[a-z]|to[a-z]|posix_|pthread_|sched_|sem_|timer_|atomic_|mtx_|cnd_|thrd_|tss_)[A-Za-z0-9_]*|[A-Za-z0-9_]*_t) ')"
}
