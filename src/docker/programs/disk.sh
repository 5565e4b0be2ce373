# The room on the file system of $root, and the bytes of all container logs under it.
printf 'df_bytes=%s\n' "$(df -PB1 "$root" 2>/dev/null | tail -n 1)"
printf 'df_inodes=%s\n' "$(df -Pi "$root" 2>/dev/null | tail -n 1)"
[ -r "$root/containers" ] && printf 'logs=%s\n' "$(
  find "$root/containers" -maxdepth 2 -name '*-json.log*' -type f -exec stat -c %s {} + 2>/dev/null |
    awk '{ n += $1 } END { printf "%.0f", n }'
)"
finish 0
