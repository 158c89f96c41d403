"""One command a module: its `command` is click's, and is imported when it is asked for."""
