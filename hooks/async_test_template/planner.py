"""From findings to new contents, in memory: which fixes are made, and that they are right."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING

from async_test_template.errors import EditError, ParseError, UserError
from async_test_template.faults import Crash, Fault, fault_of
from async_test_template.findings import Splice, Tier
from async_test_template.paths import place_of
from async_test_template.plan import Plan
from async_test_template.policy import Given
from async_test_template.policy_reader import read_policy
from async_test_template.project import Memory, Project
from async_test_template.rules import NAMES, run
from async_test_template.rules.causes import folded
from async_test_template.rules.premises.asked import FIRST
from async_test_template.suppressions import sort_out
from async_test_template.tree import Tree
from async_test_template.walk import python_files, why_never_read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path
    from typing import TypeAlias

    from async_test_template.desired import Desired
    from async_test_template.findings import Change, Edit, Finding
    from async_test_template.rules.chosen import Choice
    from async_test_template.rules.looking import Looking
    from async_test_template.source.readings import Reading

    #: Decides on one fix, which it gets as old and new contents of the changed files.
    Ask: TypeAlias = Callable[[Finding, Mapping[str, tuple[bytes, bytes]]], bool]
    _Identity: TypeAlias = tuple[str, str, str]

#: A fix can make another one possible; real repositories need two rounds.
MAX_ROUNDS = 5
#: How often fixes of a file are tried separately, to find the one that fails.
MAX_TRIALS = 60


def make_plan(
    root: Path,
    desired: Desired,
    choice: Choice,
    tiers: frozenset[Tier],
    ask: Ask | None = None,
) -> Plan:
    """Find problems and make the fixes of some tiers, until nothing more changes.

    A fix is made as a whole or not at all. It is checked twice: each editor compares its result
    with the intended one, and the rule must not find the same problem in the next round. A fix that
    fails is undone, and its finding stays. If a rule or an editor fails in an unexpected
    way, no fix is made at all.

    Args:
        root: the project's root.
        desired: the values that fixes write.
        choice: the rules to look for, imported for what the project is in each round.
        tiers: the tiers whose fixes are made; none to look only.
        ask: decides on each of those fixes, once; None to make them all.

    Raises:
        UserError: a file cannot be read or parsed.

    """
    planner = _Planner(place_of(root), desired, choice, tiers, ask)
    planner.work()
    plan = planner.plan
    original = Tree(planner.root, {}, planner.memory.disk)
    plan.before = {file: original.read(file) for file in plan.after}
    planner.note_projects()
    plan.next_steps = _commands_to_install(planner)
    return plan


class Finder:
    """Looks at a repository several times, each time with other contents laid over its files.

    Files that stay the same are read once, so what changes on the disk meanwhile is not noticed.
    """

    def __init__(self, root: Path, desired: Desired, choice: Choice) -> None:
        """Look for what some rules find; nothing is read yet."""
        self._planner = _Planner(place_of(root), desired, choice, frozenset(), None)

    def find(self, changed: Mapping[str, bytes]) -> Plan:
        """Return what is wrong with these contents, by path from the root.

        Raises:
            UserError: a file cannot be read or parsed.

        """
        self._planner.plan = plan = Plan()
        plan.after = dict(changed)
        self._planner.look()
        self._planner.note_projects()
        return plan


def _commands_to_install(planner: _Planner) -> list[str]:
    """Return the commands that install what the fixes declare."""
    if all(file.endswith(".py") for file in planner.plan.after):
        return []
    # Imported here: most fixes declare nothing.
    from async_test_template.dependencies.install import how_to_install_new

    original = Project(planner.root, planner.desired, {}, planner.memory)
    changed = Project(planner.root, planner.desired, planner.plan.after, planner.memory)
    return how_to_install_new(original.dependencies, changed.dependencies)


def _may_hold_code(path: Path) -> bool:
    return path.suffix == ".py" or next(python_files(path), None) is not None


class _Planner:
    def __init__(
        self,
        root: Path,
        desired: Desired,
        choice: Choice,
        tiers: frozenset[Tier],
        ask: Ask | None,
    ) -> None:
        self.root = root
        self.desired = desired
        self.choice = choice
        self.tiers = tiers
        self.ask = ask
        # Each file is read once, so that an edit during a question cannot slip into the plan.
        self.memory = Memory(place_of(root))
        self.policy = desired.policy or read_policy(self._tree({}), NAMES, Given())
        self.plan = Plan()
        self.decisions: dict[_Identity, bool] = {}

    def work(self) -> None:
        self.look()
        first = self.plan.left, self.plan.silenced
        self._make_rounds()
        if self.plan.faults:
            self.plan.after, self.plan.fixed, self.plan.failed = {}, [], []
            self.plan.left, self.plan.silenced = first
        # Only now: what follows from another finding may have a fix that is made before.
        self.plan.left = folded(self.plan.left)

    def note_projects(self) -> None:
        self.plan.projects = [""] if self.memory.disk.python_files else []
        self.plan.below = tuple(self.memory.boundaries.projects)
        self.plan.left_out = tuple(self.memory.boundaries.left_out)
        self.plan.unread = tuple(
            (path, why)
            for path in self.policy.only
            if (why := why_never_read(self.root, path)) and _may_hold_code(self.root / path)
        )

    def _make_rounds(self) -> None:
        for _ in range(MAX_ROUNDS):
            if self.plan.faults:
                return
            earlier = dict(self.plan.after)
            made = self._make_round()
            if self.plan.faults or not made:
                return
            findings = self.plan.left
            self.look()
            before = Counter(map(_identity, findings))
            after = Counter(map(_identity, self.plan.left))
            useless = [f for f in made if after[_identity(f)] >= before[_identity(f)]]
            if useless:
                for finding in useless:
                    self._give_up(finding, "the fix does not help")
                self.plan.after = earlier
                self.plan.left = findings
            else:
                self.plan.fixed += made

    def look(self) -> None:
        project = self._project()
        rules, faults = self.choice(project)
        found = run(project, rules)
        self.plan.faults += (*faults, *found.faults)
        self.plan.left, self.plan.silenced = sort_out(project, found.findings, self.policy)
        self.plan.unreadable = tuple(
            left_out for left_out in project.unreadable if not self.policy.excludes(left_out[0])
        )

    def _project(self) -> Project:
        """Return the repository after the fixes so far, which later ones do not change."""
        changed = dict(self.plan.after)
        unsafe = Tier.UNSAFE in self.tiers
        return Project(self.root, self.desired, changed, self.memory, self._looks, unsafe=unsafe)

    def _looks(self, project: Project) -> Looking:
        # Imported here: it needs the readers of code, and a repository may have none.
        from async_test_template.rules.looking import Looking

        return Looking(self.choice(project)[0], project)

    def _tree(self, changed: Mapping[str, bytes]) -> Tree:
        return Tree(self.root, changed, self.memory.disk)

    def _make_round(self) -> list[Finding]:
        """Make every wanted fix that touches no place of another fix.

        Edits are made at the end, all of a file at once: their places count in the text at the
        start of the round. If one of them fails, the round starts again without it.
        """
        earlier = dict(self.plan.after)
        while True:
            made, is_whole = self._try_round(earlier)
            if is_whole:
                return made
            self.plan.after = dict(earlier)

    def _try_round(self, earlier: Mapping[str, bytes]) -> tuple[list[Finding], bool]:
        """Make the fixes that are not given up yet, and tell whether all of them worked."""
        following = self._next()
        if not following:
            return [], True
        # Imported here, like all editors: a check needs none.
        from async_test_template.conflicts import Touched

        made: list[Finding] = []
        touched = Touched()
        begin = self._tree(earlier)
        for finding in following:
            if touched.clash(finding.edits):
                continue
            edits = touched.others(finding.edits)
            if self.ask is not None and not self._is_wanted(self.ask, finding, edits, begin):
                continue
            touched.add(edits)
            made.append(finding)
        return made, not made or self._make(made, touched.by_file, begin)

    def _next(self) -> list[Finding]:
        """Return the findings whose fixes can be made; those that a flag asks for come alone."""
        possible = [
            finding
            for finding in self.plan.left
            if finding.edits
            and finding.tier in self.tiers
            and self.decisions.get(_identity(finding), True)
        ]
        return [finding for finding in possible if finding.code in FIRST] or possible

    def _is_wanted(self, ask: Ask, finding: Finding, edits: list[Edit], begin: Tree) -> bool:
        """Ask about a fix, once; one that fails is given up, and nobody is asked about it."""
        identity = _identity(finding)
        if identity in self.decisions:
            return self.decisions[identity]
        # Imported here: a check without fixes needs no editors.
        from async_test_template.apply import apply

        try:
            # One by one, so that the question shows only this fix.
            changed = apply(begin, edits)
        except (EditError, ParseError) as error:
            self._give_up(finding, error.message)
            return False
        except UserError:
            raise
        except Exception as error:  # noqa: BLE001 - told to the user, with all of it
            self._fail(error, [finding], finding.file)
            return False
        old_and_new = {file: (begin.read(file) or b"", new) for file, new in changed.items()}
        self.decisions[identity] = ask(finding, old_and_new)
        return self.decisions[identity]

    def _make(self, made: list[Finding], by_file: Mapping[str, list[Edit]], begin: Tree) -> bool:
        """Make all edits; if some fail, give up their fixes and return false."""
        is_whole = True
        for file, edits in by_file.items():
            changes = [edit for edit in edits if not isinstance(edit, Splice)]
            if changes:
                is_whole &= self._change(file, changes, made, begin)
        return is_whole and self._splice(made, by_file, begin)

    def _change(self, file: str, changes: list[Change], made: list[Finding], begin: Tree) -> bool:
        """Make the edits of a file that are not code."""
        from async_test_template.apply import apply

        try:
            self.plan.after.update(apply(begin, changes))
        except (EditError, ParseError) as error:
            self._blame(file, made, begin, error.message)
            return False
        except UserError:
            raise
        except Exception as error:  # noqa: BLE001 - told to the user, with all of it
            self._fail(error, [f for f in made if _touches(f, file)], file)
        return True

    def _splice(self, made: list[Finding], by_file: Mapping[str, list[Edit]], begin: Tree) -> bool:
        """Make the edits of code; if some fail, give up their fixes and return false.

        The new content is read at once, while its syntax tree is in memory, so that the next look
        at the repository does not have to.
        """
        from async_test_template.apply import spliced

        spans = spliced(edit for edits in by_file.values() for edit in edits)
        if not spans:
            return True
        from async_test_template.source.import_style import import_styles
        from async_test_template.source.splices import splice
        from async_test_template.spread import spread

        reader = self._project().reader
        readings = self.memory.readings
        size = sum(len(begin.read(file) or b"") for file in spans)

        def remake(file: str) -> tuple[bytes, Reading] | str | Fault:
            statements = readings.statements(file, begin.changed.get(file))
            try:
                source, data = splice(
                    file,
                    begin.read(file) or b"",
                    spans[file],
                    import_styles(begin, file),
                    statements,
                )
                return data, reader.read(source, data, is_changed=True, size=size)
            except (EditError, ParseError) as error:
                return error.message
            except UserError:
                raise
            except Exception as error:  # noqa: BLE001 - told to the user, with all of it
                return fault_of(error, file=file)

        is_whole = True
        for file, remade in zip(spans, spread(remake, list(spans), size), strict=True):
            if isinstance(remade, Fault):
                self._fail(Crash(remade), [f for f in made if _touches(f, file)], file)
                return True
            if isinstance(remade, str):
                self._blame(file, made, begin, remade)
                is_whole = False
                continue
            data, reading = remade
            self.plan.after[file] = data
            readings.of_file[file] = reading
        return is_whole

    def _blame(self, file: str, made: list[Finding], begin: Tree, reason: str) -> None:
        """Give up the fixes that fail on their own; if it is none, the first that meets another.

        They are searched for by halves, and not without limit: a file may have thousands. If a few
        conflict, one is given up at a time; if many do, all are.
        """
        suspects = [f for f in made if _touches(f, file) and self.decisions.get(_identity(f), True)]
        guilty: list[tuple[Finding, str]] = []
        waiting = [suspects]
        for _ in range(MAX_TRIALS):
            if not waiting:
                break
            tried = waiting.pop()
            failure = _failure(tried, begin)
            if failure is not None and len(tried) == 1:
                guilty.append((tried[0], failure))
            elif failure is not None:
                half = len(tried) // 2
                waiting += [tried[half:], tried[:half]]
        untried = [(finding, reason) for group in waiting for finding in group]
        if not guilty and not untried and len(suspects) <= MAX_TRIALS:
            counts = range(1, len(suspects) + 1)
            first = bisect_left(
                counts, 1, key=lambda count: _failure(suspects[:count], begin) is not None
            )
            suspects = suspects[first : first + 1] or suspects
        for finding, failure in [*guilty, *untried] or [(each, reason) for each in suspects]:
            self._give_up(finding, failure)

    def _fail(self, error: Exception, findings: Iterable[Finding], file: str) -> None:
        """Note that the fixes of some findings end in an unexpected exception."""
        codes = dict.fromkeys(finding.code for finding in findings)
        self.plan.faults.append(fault_of(error, rules=tuple(codes), file=file))

    def _give_up(self, finding: Finding, reason: str) -> None:
        self.decisions[_identity(finding)] = False
        self.plan.failed.append(f"{finding.file}: {finding.code} was not fixed: {reason}")


def _touches(finding: Finding, file: str) -> bool:
    return any(edit.file == file for edit in finding.edits)


def _identity(finding: Finding) -> _Identity:
    # Places in code move with every other fix, and the message names the code.
    if any(isinstance(edit, Splice) for edit in finding.edits):
        return (finding.code, finding.file, finding.message)
    # A list among the new values has no hash, but a text.
    return (finding.code, finding.file, repr(finding.edits))


def _failure(findings: Iterable[Finding], begin: Tree) -> str | None:
    """Return why the edits of fixes cannot be made, None if they can."""
    from async_test_template.apply import apply
    from async_test_template.conflicts import Touched

    touched = Touched()
    for finding in findings:
        touched.add(touched.others(finding.edits))
    try:
        apply(begin, [edit for edits in touched.by_file.values() for edit in edits])
    except (EditError, ParseError) as error:
        return error.message
    return None
