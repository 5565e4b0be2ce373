# Puts $size bytes of stdin, whose SHA-256 is $sum, in the place of $final: whole and checked, or not at all.
# Prints a byte once it is ready for them: what started it may have read ahead.
# Codes: 20 not possible here, 21 failed in the host's own words, 22 not everything came, 23 other bytes came.
umask 077
if [ ! -d "$dir" ]; then
  [ "$parents" = 1 ] || no "$dir: No such file or directory"
  (umask 022 && mkdir -p -- "$dir") || finish 21
fi
# What a cut left here. A lock says that another upload is still at it; one that has just begun
# has no lock yet, and no byte.
for old in "$dir/.$base.fleet-"*.part; do
  t=${old##*.fleet-}
  case ${t%.part} in
  *[!0-9a-f]*) ;;
  ????????????????)
    [ -f "$old" ] && [ ! -L "$old" ] || continue
    [ -s "$old" ] || [ -n "$(find "$old" -mmin +1 2>/dev/null)" ] || continue
    flock -n "$old" rm -f -- "$old" 2>/dev/null
    ;;
  esac
done
part=$dir/.$base.fleet-$token.part
# The open file itself: the name in its folder may be another user's to change.
file=/proc/self/fd/9
fail() {
  rm -f -- "$part"
  [ -z "$2" ] || printf '%s\n' "$2" >&2
  finish "$1"
}
# Runs $2 every $1 seconds until it fails or we are told to stop. Leaves no sleep behind.
every() {
  before=$!
  trap '[ "$!" = "$before" ] || kill "$!" 2>/dev/null; exit 0' TERM
  while sleep "$1" >/dev/null 2>&1 & wait "$!"; do "$2" || return; done
}
beat() { printf .; }
last=
moves() {
  kill -0 "$$" 2>/dev/null || return
  now=$(stat -c %s -- "$part") && [ "$now" != "$last" ] || { kill "$reading"; return 1; }
  last=$now
}
put() {
  set +C
  flock -n 9 2>/dev/null
  printf r
  cat <&3 >&9 3<&- & reading=$!
  { every "$idle" moves; } </dev/null >/dev/null 2>&1 3<&- 9>&- & watcher=$!
  wait "$reading"
  code=$?
  kill "$watcher" 2>/dev/null
  exec 3<&-
  have=$(stat -L -c %s "$file")
  [ "$code" = 0 ] || fail 21
  [ "$have" = "$size" ] || fail 22 "only $have of $size bytes came"
  { every 15 beat; } </dev/null 2>/dev/null 9>&- & beats=$!
  settle_in
  kill "$beats" 2>/dev/null
  finish 0
}
failed() { kill "$beats" 2>/dev/null; fail "$@"; }
settle_in() {
  have=$(sha256sum <"$file") || failed 21
  [ "${have%% *}" = "$sum" ] || failed 23 "its SHA-256 is ${have%% *}"
  if [ -e "$final" ]; then
    keep=$(stat -c %u:%g -- "$final") || failed 21
    [ -n "$mode" ] || mode=$(stat -c %a -- "$final") || failed 21
    [ "$(stat -L -c %u:%g "$file")" = "$keep" ] || chown -- "$keep" "$file" || failed 21
  fi
  [ -z "$owner" ] || chown -- "$owner" "$file" || failed 21
  chmod -- "${mode:-$fresh}" "$file" || failed 21
  sync "$file" || failed 21
  # Not every mv knows -T, which keeps a folder that appeared meanwhile from swallowing the file.
  said=$(mv -fT -- "$part" "$final" 2>&1) || case $said in
  *option*) [ ! -d "$final" ] && mv -f -- "$part" "$final" || failed 21 ;;
  *) failed 21 "$said" ;;
  esac
  sync "$dir" 2>/dev/null
}
exec 3<&0 </dev/null
set -C
{ put; } 9>"$part"
finish 21
