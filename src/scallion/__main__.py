"""Run the command line: `python -m scallion` is the same as `scallion`."""

from scallion.cli import main

if __name__ == "__main__":
    main()
