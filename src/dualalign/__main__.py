"""Run the command line as `python -m dualalign`."""

from dualalign.cli import main

if __name__ == "__main__":
    main()
