# Changes one source file of the context, as a developer does all day.
fail() { printf 'failed=%s\n' "$1"; finish 0; }
cd "$dir/$slot" || fail 'the file that is to be edited cannot be written'
printf '\n# %s\n' "$text" >>"./$file" || fail 'the file that is to be edited cannot be written'
finish 0
