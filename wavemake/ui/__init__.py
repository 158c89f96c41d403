"""What a person looks at: the live view, drawings of the graph, the HTML report."""
