"""``python -m benchmarks``: everything."""

from .run import main

main()
