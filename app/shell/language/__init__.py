"""The shell's language: words, a parser, expansion and an interpreter; it knows no command and no cluster."""
