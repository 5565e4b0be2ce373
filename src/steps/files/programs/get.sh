# Prints the bytes of the file at $path.
cat -- "$path" || finish 21
finish 0
