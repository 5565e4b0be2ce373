# Prints the bytes of files in $folders (overlay2, the lowest layer first, ":" between them)
# that a later layer replaces or deletes.
fail() { printf 'failed=%s\n' "$1"; finish 0; }
IFS=:
for folder in $folders; do
  [ -d "$folder" ] || fail 'a layer is not where it should be'
done
for folder in $folders; do
  find "$folder" -xdev \( -type f -printf 'f\t%s\t%P\n' \) -o \( -type c -printf 'w\t0\t%P\n' \) 2>/dev/null
done | awk -F '\t' '
  $1 == "f" { if ($3 in size) wasted += size[$3]; size[$3] = $2; next }
  {
    if ($3 in size) { wasted += size[$3]; delete size[$3]; next }
    under = $3 "/"
    for (path in size) if (index(path, under) == 1) { wasted += size[path]; delete size[path] }
  }
  END { printf "wasted=%.0f\n", wasted }'
finish 0
