"""From a Plan to files: resolution, the build graph, the back ends."""
