"""Shows runs to a person: records of a run in, lines and rich renderables out.

`model` decides what is shown and `frame` how it looks: functions that need no terminal. `follow` looks at the
files of a run that is under way, and `screen` alone draws.
"""
