"""What surrounds a plan: planners, templates of plans, the checks of a machine, adoption."""
