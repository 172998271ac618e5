"""One file a verb of kubectl; they register in app.shell.kubectl.call.VERBS."""
