"""Findings as they are gathered."""

from tasks.verification.findings import FINDINGS_PER_KIND, Finding, Findings, Verdict


def test_of_one_kind_no_more_than_a_person_reads() -> None:
    """Catches a list of a million lines, and a rare finding that a common one crowds out."""
    findings = Findings()
    for number in range(1000):
        findings.find("lost item", "pose", str(number))
    findings.find("label off", "samples", "here")
    assert len(findings.found) == FINDINGS_PER_KIND + 1
    assert findings.found[-1] == Finding("label off", "samples", "here")
    assert not Verdict(0, 0, 0, tuple(findings.found)).passed and Verdict(0, 0, 0, ()).passed
