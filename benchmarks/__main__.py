"""The command: `python -m benchmarks [--quick] [--check]`."""

import argparse
import asyncio
import faulthandler
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.bars import judge
from benchmarks.contestants import CONTESTANTS
from benchmarks.rounds import measure
from benchmarks.rows import Effort

_RESULTS = Path(__file__).parent / "results"
_LIMIT_S = 170.0
_QUICK_LIMIT_S = 60.0


def main(arguments: list[str]) -> int:
    """Measure, print, write; 1 if `--check` is given and a bar is missed."""
    options = _parser().parse_args(arguments)
    rounds: int = options.rounds or (3 if options.quick else 7)
    effort = Effort(sample_s=options.sample_s or (0.2 if options.quick else 0.7))
    left: list[str] = options.without
    contestants = [one for one in CONTESTANTS if one.name not in left]
    # The hard bound, also for a call that blocks: this process ends, so its children read the end of their
    # stdin and leave.
    faulthandler.dump_traceback_later(_QUICK_LIMIT_S if options.quick else _LIMIT_S, exit=True)
    outcome = asyncio.run(measure(contestants, rounds, effort, lambda text: print(text, file=sys.stderr)))
    faulthandler.cancel_dump_traceback_later()
    verdicts = judge(outcome)
    table = report.to_markdown(outcome, verdicts, rounds)
    report.write(options.out, report.to_json(outcome, verdicts, rounds, effort), table)
    print(table)
    print("\n".join(report.bar_lines(verdicts)))
    return 1 if options.check and not all(verdict.ok for verdict in verdicts) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure Plughost and its peers."
    )
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds: a rough look")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar is missed")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds (7; quick: 3)")
    parser.add_argument("--sample-s", type=float, metavar="S", help="seconds a sample (0.7; quick: 0.2)")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        choices=[one.name for one in CONTESTANTS],
        help="leave a contestant out; may be given several times",
    )
    parser.add_argument(
        "--out", type=Path, default=_RESULTS, metavar="FOLDER", help="where latest.json and latest.md go"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
