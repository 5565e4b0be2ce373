# For each local volume under $root: whether anything lies in it, and the newest change in its upper folders.
# Names cannot hold blanks or slashes, so a line is: name, 0 or 1, seconds.
n=0
for data in "$root"/volumes/*/_data; do
  [ -d "$data" ] || continue
  n=$((n + 1))
  [ "$n" -le 2000 ] || break
  name=${data%/_data}
  holds=0
  # What cannot be looked into counts as full.
  first=$(find "$data" -mindepth 1 -maxdepth 1 -print -quit 2>/dev/null) || first=unknown
  [ -z "$first" ] || holds=1
  newest=$(find "$data" -maxdepth 2 -printf '%T@\n' 2>/dev/null | head -n 5000 | sort -rn | head -n 1)
  printf '%s %s %s\n' "${name##*/}" "$holds" "${newest%%.*}"
done
finish 0
