# Prints what a build left in $dir.
p() { printf '%s=%s\n' "$1" "$2"; }
p times "$(head -c 100 "$dir/times" 2>/dev/null)"
p image "$(head -c 100 "$dir/image" 2>/dev/null)"
p clock "$(date +%s)"
[ ! -s "$dir/image" ] || { cat "$dir/image"; echo; } >>"$dir/images"
p free "$(df -Pk "$root" 2>/dev/null | awk 'NR == 2 { printf "%.0f", $4 * 1024 }')"
rm -f "$dir/times" "$dir/image"
finish 0
