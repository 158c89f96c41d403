"""What the server of tests.warm imports before it forks: wavemake, its libraries and its templates."""

import importlib
import pkgutil

import wavemake
from wavemake.compiler import render
from wavemake.runs import link

LIBRARIES = ("jinja2", "jsonschema", "networkx", "nh3", "pyromark", "rich.live", "yaml")

for module in pkgutil.walk_packages(wavemake.__path__, "wavemake."):
    importlib.import_module(module.name)
for library in LIBRARIES:
    importlib.import_module(library)
for path in link.templates().rglob("*.j2"):
    escape = path.name.endswith((".html.j2", ".svg.j2"))
    name = path.relative_to(link.templates()).as_posix()
    render._environment(escape=escape).get_template(name)
    if not escape:
        render.template(name)
