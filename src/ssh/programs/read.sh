# Prints what $path is, and of a plain file its first $limit bytes. Follows no link: whoever owns
# the folder must not choose what is read for us.
folder=${path%/*}
if [ -L "$path" ]; then printf 'link\n'
elif [ -f "$path" ] && [ -r "$path" ]; then printf 'file\n'; head -c "$limit" "$path"
elif [ -f "$path" ]; then printf 'unreadable\n'
elif [ -e "$path" ]; then printf 'other\n'
elif [ -d "$folder" ] && ! [ -x "$folder" ]; then printf 'unreadable\n'
else printf 'absent\n'
fi
finish 0
