"""curl: its command line, its requests, what it prints. Held against curl 7.88.1."""
