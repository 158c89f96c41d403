"""Back ends: each prints a build graph as the files of one build tool."""
