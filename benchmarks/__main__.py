"""The command: `python -m benchmarks` measures everything, with `--quick` what the bars need."""

import argparse
import signal
import sys
from pathlib import Path

from benchmarks import report
from benchmarks.bars import judge, needed
from benchmarks.contestants import CONTESTANTS, Plughost
from benchmarks.own import Effort
from benchmarks.rounds import Rounds, usual
from benchmarks.rows import MEASUREMENTS

_RESULTS = Path(__file__).parent / "results"


def main(arguments: list[str]) -> int:
    """Measure and print; 1 if a contestant of ours was lost, or `--check` is given and a bar is missed."""
    options = _parser().parse_args(arguments)
    # Asked to end, it ends its processes like at any other end.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    quick: bool = options.quick
    rounds: int = options.rounds or 9
    effort = Effort(
        sample_s=options.sample_s or 0.2,
        rest_s=options.rest_s or (5.0 if quick else 10.0),
    )
    limit_s: float = options.limit_s or (150.0 if quick else 660.0)
    among: list[str] = getattr(options, "with")
    without: list[str] = options.without
    only: list[str] = options.only
    contestants = [one for one in CONTESTANTS if one.name not in without and (not among or one.name in among)]
    measurements = [one for one in MEASUREMENTS if not only or one.name in only]
    with Rounds(contestants, measurements, effort, _tell) as run:
        run.run(rounds, limit_s, needed if quick else usual)
    verdicts = judge(run.outcome)
    if not quick:
        out: Path = options.out
        report.write(out, run.outcome, verdicts, effort)
        print(report.to_markdown(run.outcome, verdicts))
    print("\n".join(report.bar_lines(verdicts)))
    lost = any(one.name in run.lost for one in CONTESTANTS if issubclass(one, Plughost))
    short = options.check and any(verdict.state == "short" for verdict in verdicts)
    return 1 if lost or short else 0


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure Plughost and its peers."
    )
    parser.add_argument("--quick", action="store_true", help="only what the bars need; writes nothing")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a bar is missed")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds (9)")
    parser.add_argument("--sample-s", type=float, metavar="S", help="seconds a sample (0.2)")
    parser.add_argument("--rest-s", type=float, metavar="S", help="seconds at rest (10; quick: 5)")
    parser.add_argument("--limit-s", type=float, metavar="S", help="no sample after this (660; quick: 150)")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        choices=[one.name for one in MEASUREMENTS],
        metavar="ROW",
        help="measure nothing else: " + " ".join(one.name for one in MEASUREMENTS),
    )
    names = [one.name for one in CONTESTANTS]
    parser.add_argument(
        "--with",
        nargs="+",
        default=[],
        choices=names,
        metavar="NAME",
        help="measure nobody else: " + " ".join(names),
    )
    parser.add_argument(
        "--without",
        nargs="+",
        default=[],
        choices=names,
        metavar="NAME",
        help="leave these out",
    )
    parser.add_argument("--out", type=Path, default=_RESULTS, metavar="FOLDER", help="where results go")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
