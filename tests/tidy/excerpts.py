#!/usr/bin/env python3
"""Excerpts of source in the docs are what stands in the source.

    excerpts.py ROOT

A fenced block after the line `<!-- excerpt of PATH -->` must stand in the file PATH, word for word.
"""

import re
import sys
from pathlib import Path

EXCERPT = re.compile(r"<!-- excerpt of (\S+) -->\n```\w*\n(.*?)```", re.S)


def main():
    root = Path(sys.argv[1])
    found = wrong = 0
    for page in [root / "README.md", *root.glob("docs/**/*.md")]:
        for path, excerpt in EXCERPT.findall(page.read_text(encoding="utf-8")):
            found += 1
            source = root / path
            if not source.exists() or excerpt not in source.read_text(encoding="utf-8"):
                print(f"{page.relative_to(root)}: this does not stand in {path}:\n{excerpt}")
                wrong += 1
    print(f"{found} excerpts, {wrong} wrong")
    sys.exit(1 if wrong or not found else 0)


if __name__ == "__main__":
    main()
