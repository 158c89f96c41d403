#!/bin/sh
# Compares what the program prints with what it should print.
set -eu
[ "$(./greet)" = "Hello, world!" ]
[ "$(./greet Ada)" = "Hello, Ada!" ]
