"""Records what a script prints as an SVG of a terminal: python record.py minute.sh >minute.svg."""

from __future__ import annotations

import html
import subprocess
import sys

LINE, LETTER, EDGE = 18, 8.0, 14
COLOURS = {"#": "#8ab4f8", "n": "#7ee787"}


def main() -> None:
    """Run the script that is named, and print the picture."""
    script = sys.argv[1]
    done = subprocess.run(["sh", script], capture_output=True, text=True, check=True)
    lines = [f"$ sh {script}", *done.stdout.splitlines()]
    width = EDGE * 2 + LETTER * max(map(len, lines))
    height = EDGE * 2 + LINE * len(lines)
    print(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
        'font-family="ui-monospace, Menlo, Consolas, monospace" font-size="13">'
    )
    print('<rect width="100%" height="100%" rx="6" fill="#16181d"/>')
    for number, line in enumerate(lines, 1):
        colour = COLOURS.get(
            line.strip()[:1] if "needed" in line or line[:1] == "#" else "", "#d0d4db"
        )
        place = f'x="{EDGE}" y="{EDGE + number * LINE - 5}"'
        print(f'<text {place} fill="{colour}" xml:space="preserve">{html.escape(line)}</text>')
    print("</svg>")


if __name__ == "__main__":
    main()
