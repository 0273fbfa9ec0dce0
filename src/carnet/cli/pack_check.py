"""`carnet pack check`: everything a pack is held to, in one report."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import click

from carnet.cli.printing import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from carnet.model.document import Document, Sentence
    from carnet.packs import Pack
    from carnet.policy.coverage import Coverage
    from carnet.policy.rulebook import Rulebook
    from carnet.stores.contract import DocumentStore


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a pack."""

    check: str
    """`citations`, `dates`, `dead`, `defaults`, `cases`, `words`, `coverage`."""
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """How a pack fared."""

    pack: str
    rules: int
    found: int
    """Citations found in the versions they name."""
    unchecked: int
    """Citations of versions that were never captured here."""
    cases: int
    coverage: tuple[Coverage, ...]
    findings: tuple[Finding, ...]


def examine(pack: Pack, store: DocumentStore | None, today: date) -> Report:
    """Check everything. Raises CarnetError for a pack that cannot be read at all."""
    from carnet.policy.cases import failures, read_cases  # noqa: PLC0415 - a test of the report does without
    from carnet.policy.checks import check_citations, check_dates, dead_rules, missing_defaults  # noqa: PLC0415
    from carnet.policy.history import covered_documents  # noqa: PLC0415
    from carnet.policy.rulebook import read_rulebook  # noqa: PLC0415

    book = read_rulebook(pack.id, pack.folder)  # as it is on the disk now, not as it was read before
    documents = covered_documents(store, pack) if store else []
    cited = check_citations(store, documents, book)
    cases = read_cases(pack.folder)
    covered = tuple(_coverage(store, documents, pack, book))
    told: list[tuple[str, Sequence[str]]] = [
        ("citations", cited.findings),
        ("dates", check_dates(book)),
        ("dead", dead_rules(book)),
        ("defaults", missing_defaults(book)),
        ("cases", failures(cases, book, today)),
        ("words", _borrowed(store, documents, pack)),
        ("coverage", list(_gaps(covered))),
    ]
    findings = tuple(Finding(check, text) for check, texts in told for text in texts)
    rules = sum("/" not in rule.id for rule in book.rules)
    return Report(pack.id, rules, cited.found, cited.unchecked, len(cases), covered, findings)


def _coverage(
    store: DocumentStore | None, documents: Sequence[Document], pack: Pack, book: Rulebook
) -> Iterator[Coverage]:
    from carnet.policy.coverage import coverage  # noqa: PLC0415

    if store is not None:
        for document in documents:
            yield from coverage(store, document, pack, book)


def _borrowed(store: DocumentStore | None, documents: Sequence[Document], pack: Pack) -> list[str]:
    from carnet.policy.checks import borrowed_words  # noqa: PLC0415

    if store is None:
        return []
    digests = {version.digest for one in documents for version in store.versions(one.id) if not version.gone}
    return borrowed_words(pack.folder, (text for _, text in store.texts(digests)))


def _gaps(covered: Sequence[Coverage]) -> Iterator[str]:
    """Uncovered sentences of documents that the pack claims to have judged whole, each once."""
    found: dict[tuple[str, str], list[tuple[Coverage, Sentence]]] = {}
    for one in covered:
        for sentence in one.uncovered if one.whole else ():
            found.setdefault((one.document, sentence.fingerprint), []).append((one, sentence))
    for (document, fingerprint), versions in found.items():
        first, sentence = versions[0]
        section = sentence.section[-1] if sentence.section else ""
        days = f"{first.version.at:%Y-%m-%d} .. {versions[-1][0].version.at:%Y-%m-%d}"
        yield (
            f"{document} {section!r} {fingerprint} is neither cited nor marked as no rule: line {sentence.line + 1} of "
            f"{first.version.digest[:12]}; {len(versions)} version{'' if len(versions) == 1 else 's'}, {days}"
        )


def print_report(report: Report) -> None:
    click.echo(f"{report.pack}: {report.rules} rules, {report.cases} cases")
    unchecked = (
        f", {report.unchecked} not checkable here (their versions were never captured)" if report.unchecked else ""
    )
    click.echo(f"citations  {report.found} found{unchecked}")
    for name, versions in groupby(report.coverage, key=lambda one: one.document):
        _print_coverage(name, list(versions))
    for finding in report.findings:
        click.echo(harmless(f"{finding.check:<10} {finding.text}"))
    click.echo(f"{len(report.findings)} finding{'' if len(report.findings) == 1 else 's'}")


def _print_coverage(name: str, versions: Sequence[Coverage]) -> None:
    lowest = min(versions, key=lambda one: one.percent)
    note = "" if versions[-1].whole else "; not judged whole: the pack marks none of its sentences as no rule"
    click.echo(
        f"coverage   {name}: {versions[-1].percent:.1f} % of {versions[-1].total} sentences in the newest of "
        f"{len(versions)} versions, {lowest.percent:.1f} % in the lowest ({lowest.version.at:%Y-%m-%d}){note}"
    )


def report_answer(report: Report) -> dict[str, object]:
    """The report as a plain value. Sentences come from the store, never from the pack."""
    return {
        "pack": report.pack,
        "rules": report.rules,
        "cases": report.cases,
        "citations": {"found": report.found, "not_checkable": report.unchecked},
        "coverage": [_coverage_answer(one) for one in report.coverage],
        "findings": [{"check": one.check, "text": one.text} for one in report.findings],
    }


def _coverage_answer(one: Coverage) -> dict[str, object]:
    return {
        "document": one.document,
        "at": one.version.at.isoformat(),
        "version": one.version.digest,
        "sentences": one.total,
        "percent": round(one.percent, 1),
        "judged_whole": one.whole,
        "uncovered": [
            {
                "fingerprint": sentence.fingerprint,
                "section": sentence.section[-1] if sentence.section else "",
                "line": sentence.line,
                "text": sentence.text,
            }
            for sentence in one.uncovered
        ]
        if one.whole
        else len(one.uncovered),
    }
