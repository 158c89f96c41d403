"""From text to a Plan: loading, dialects, the language of plans, its diagnostics."""
