# SPDX-License-Identifier: GPL-2.0-or-later

# WQ_TRY_CFLAGS(VARIABLE, FLAGS): appends the flags that the compiler takes.
AC_DEFUN([WQ_TRY_CFLAGS], [
  AC_SUBST([$1])
  for wq_flag in $2; do
    AC_MSG_CHECKING([whether $CC takes $wq_flag])
    wq_saved=$CFLAGS
    CFLAGS="$CFLAGS -Werror $wq_flag"
    AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
      [$1="${$1:+$$1 }$wq_flag"; AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])])
    CFLAGS=$wq_saved
  done
])

# WQ_TRY_LDFLAGS(VARIABLE, FLAGS): the same for the linker.
AC_DEFUN([WQ_TRY_LDFLAGS], [
  AC_SUBST([$1])
  for wq_flag in $2; do
    AC_MSG_CHECKING([whether the linker takes $wq_flag])
    wq_saved_c=$CFLAGS
    wq_saved_ld=$LDFLAGS
    CFLAGS="$CFLAGS $HARD_CFLAGS"
    LDFLAGS="$LDFLAGS $wq_flag"
    AC_LINK_IFELSE([AC_LANG_PROGRAM()],
      [$1="${$1:+$$1 }$wq_flag"; AC_MSG_RESULT([yes])], [AC_MSG_RESULT([no])])
    CFLAGS=$wq_saved_c
    LDFLAGS=$wq_saved_ld
  done
])

# WQ_SANITIZER(OPTION, NAME, TITLE): --enable-OPTION adds -fsanitize=NAME.
AC_DEFUN([WQ_SANITIZER], [
  AC_SUBST([SAN_CFLAGS])
  AC_ARG_ENABLE([$1], [AS_HELP_STRING([--enable-$1], [build with $3])])
  AS_IF([test "x$enable_$1" = xyes],
    [SAN_CFLAGS="${SAN_CFLAGS:--fno-omit-frame-pointer -fno-sanitize-recover=all} -fsanitize=$2"])
])
