# Tells the size and digest of the file at $path, which may have $max bytes. Changes nothing.
no() { printf '%s\n' "$1" >&2; finish 20; }
command -v sha256sum >/dev/null || no 'sha256sum is missing'
[ -e "$path" ] || no "$(ls -dL -- "$path" 2>&1 | head -c 500)"
[ ! -d "$path" ] || no "$path: Is a directory"
[ -f "$path" ] || no "$path: not a regular file"
[ -r "$path" ] || no "$path: Permission denied"
size=$(stat -L -c %s -- "$path") || finish 21
printf 'size=%s\n' "$size"
[ "$size" -le "$max" ] || finish 24
have=$(sha256sum <"$path") || finish 21
printf 'sum=%s\n' "${have%% *}"
finish 0
