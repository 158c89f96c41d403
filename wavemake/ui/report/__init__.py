"""What became of a run, to be looked at: a page of HTML, and a trace for the tools that read such."""
