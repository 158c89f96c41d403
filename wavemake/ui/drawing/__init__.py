"""The graph of a plan in the formats of `wavemake graph`: one function a format, picture in, text out."""
