"""Print how many findings in real repositories are true, by rule and weighted by finding.

    python benchmarks/precision.py FOLDER JUDGEMENTS [--reports REPORTS]

FOLDER holds repositories, one per folder; nothing is fetched and nothing in FOLDER is written. Each
one is checked, with advice. JUDGEMENTS has a line for each finding that a person has opened:

    repository<TAB>path<TAB>line<TAB>rule<TAB>verdict

The verdict is `true` (someone should act: something is broken, or will break), `noise` (right, and
nobody would act) or `false`. Ten judgements of a rule stand for all of its findings. What is still
to be judged is printed at the end, in the same format. REPORTS keeps the output of each check, and
a second run reads it from there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, NamedTuple

HOOK = Path(__file__).parents[1] / "hooks" / "run.py"
#: So many judgements of a rule stand for all of its findings.
ENOUGH = 10
VERDICTS = ("true", "noise", "false")
SEVERITIES = ("error", "warning", "advice")


class Place(NamedTuple):
    """Where a finding is; a person judges it there."""

    repository: str
    path: str
    line: int
    rule: str


def main() -> None:
    """Print the table, the weighted shares, and what is still to be judged."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("judgements", type=Path)
    parser.add_argument("--reports", type=Path)
    arguments = parser.parse_args()
    verdicts = read(arguments.judgements)
    found: defaultdict[tuple[str, str], list[Place]] = defaultdict(list)
    repositories = sorted(path for path in arguments.folder.iterdir() if path.is_dir())
    for repository in repositories:
        for finding in check(repository, arguments.reports):
            place = Place(repository.name, finding["file"], finding["line"], finding["code"])
            found[finding["code"], finding["severity"]].append(place)
    print("| rule | severity | findings | judged | true | noise | false |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    open_: list[Place] = []
    weights: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (rule, severity), places in sorted(found.items()):
        counts = Counter(verdicts[place] for place in places if place in verdicts)
        judged = counts.total()
        row = " | ".join(str(counts[verdict]) for verdict in VERDICTS)
        print(f"| {rule} | {severity} | {len(places)} | {judged} | {row} |")
        for verdict in VERDICTS:
            weights[severity][verdict] += len(places) * counts[verdict] / judged if judged else 0
        weights[severity]["open"] += 0 if judged else len(places)
        open_ += spread(
            [place for place in places if place not in verdicts],
            min(ENOUGH, len(places)) - judged,
        )
    print(f"\n{len(repositories)} repositories.")
    for title, severities in (("Errors and warnings", SEVERITIES[:2]), ("Advice", SEVERITIES[2:])):
        sums = {
            verdict: sum(weights[severity][verdict] for severity in severities)
            for verdict in (*VERDICTS, "open")
        }
        total = sum(sums.values()) or 1
        shares = ", ".join(f"{verdict} {sums[verdict] / total:.0%}" for verdict in VERDICTS)
        print(f"{title}: {total:.0f} findings; {shares}, not judged {sums['open'] / total:.0%}.")
    for place in open_:
        print(*place, "?", sep="\t")


def read(judgements: Path) -> dict[Place, str]:
    """Read the verdicts."""
    verdicts = {}
    for line in judgements.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        repository, path, number, rule, verdict = line.split("\t")
        if verdict not in VERDICTS:
            raise SystemExit(f"no verdict: {line}")
        verdicts[Place(repository, path, int(number), rule)] = verdict
    return verdicts


def check(repository: Path, reports: Path | None) -> list[dict[str, Any]]:
    """Return the findings of one repository."""
    report = reports and reports / f"{repository.name}.json"
    if report and report.is_file():
        output = report.read_text(encoding="utf-8")
    else:
        command = [sys.executable, str(HOOK), "check", "--advice", "--format", "json"]
        done = subprocess.run(
            command, cwd=repository, capture_output=True, text=True, encoding="utf-8", check=False
        )
        output = done.stdout or '{"findings": []}'
        if done.returncode not in {0, 1}:
            print(f"{repository.name}: {done.stderr.strip()[-200:]}", file=sys.stderr)
        if report:
            report.parent.mkdir(parents=True, exist_ok=True)
            report.write_text(output, encoding="utf-8")
    findings: list[dict[str, Any]] = json.loads(output)["findings"]
    return findings


def spread(places: list[Place], number: int) -> list[Place]:
    """Choose some places, from as many repositories as there are."""
    by_repository: defaultdict[str, list[Place]] = defaultdict(list)
    for place in places:
        by_repository[place.repository].append(place)
    chosen: list[Place] = []
    while len(chosen) < number and by_repository:
        for repository, rest in list(by_repository.items()):
            if len(chosen) < number:
                # From the middle: neighbours are often alike.
                chosen.append(rest.pop(len(rest) // 2))
            if not rest:
                del by_repository[repository]
    return chosen


if __name__ == "__main__":
    main()
