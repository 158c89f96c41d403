"""wavemake: compiles a plan of LLM agents into a Makefile."""

__version__ = "0.1.0"
