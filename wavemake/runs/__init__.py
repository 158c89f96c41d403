"""What runs leave behind and what the next one will do: states, durations, cache keys, predictions."""
