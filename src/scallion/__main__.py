"""`python -m scallion` is `scallion`."""

from scallion.cli import main

if __name__ == "__main__":
    main()
