"""Makes the extracts that the benchmark runs on, of both sizes, unless they are there already.

    python bench/make_extracts.py [N ...]

They are made up (see `attrition.sample`), and always the same for the same program.
"""

import argparse
import datetime as dt
import time
from pathlib import Path

DATA = Path(__file__).parent / "data"
SIZES = (100_000, 1_400_000)
AS_AT = dt.date(2025, 3, 31)
SEED = 1


def extracts(incidents: int) -> Path:
    """The folder of the extracts with this number of incidents, made now if it is not there."""
    folder = DATA / str(incidents)
    # The truth is written last, so a folder with it is whole.
    if not (folder / "truth_MADE_UP.json").exists():
        from attrition.sample import make_extracts

        started = time.perf_counter()
        make_extracts(folder, incidents, SEED, AS_AT)
        print(f"made {folder} in {time.perf_counter() - started:.1f} s")
    return folder


def main() -> None:
    """Makes the sizes named on the command line, or both."""
    stated = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    stated.add_argument("incidents", type=int, nargs="*", default=SIZES)
    for incidents in stated.parse_args().incidents:
        folder = extracts(incidents)
        size = sum(file.stat().st_size for file in folder.glob("*.csv"))
        print(f"{folder}: {size / 1e6:.0f} MB of CSV")


if __name__ == "__main__":
    main()
