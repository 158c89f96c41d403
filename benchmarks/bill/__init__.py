"""The bill: calls of agents that are paid, beside those that are needed, in what happens to real projects."""
