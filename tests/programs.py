"""Programs beyond Python that some tests need, with the Debian packages that hold them. Where one is absent its tests are skipped,
by a reason that names the package; where CI=true they fail instead, since nobody reads there that nothing was tested.
"""

import shutil
from pathlib import Path

import pytest

CHROMIUM = Path("/usr/bin/chromium")
SOFFICE = shutil.which("soffice")
PDFTOTEXT = shutil.which("pdftotext")
NOT_INSTALLED = "is not installed (Debian package "

NO_CHROMIUM = f"Chromium {NOT_INSTALLED}chromium)"
NO_CALC = f"LibreOffice Calc {NOT_INSTALLED}libreoffice-calc-nogui)"
NO_WRITER = f"LibreOffice Writer {NOT_INSTALLED}libreoffice-writer-nogui)"
NO_PDFTOTEXT = f"pdftotext {NOT_INSTALLED}poppler-utils)"

needs_chromium = pytest.mark.skipif(not CHROMIUM.is_file(), reason=NO_CHROMIUM)
needs_calc = pytest.mark.skipif(SOFFICE is None, reason=NO_CALC)
needs_writer = pytest.mark.skipif(SOFFICE is None, reason=NO_WRITER)
needs_pdftotext = pytest.mark.skipif(PDFTOTEXT is None, reason=NO_PDFTOTEXT)


def refuse_absence(report: pytest.TestReport) -> None:
    """Turns the skip of a test for want of a program into a failure."""
    if report.skipped and isinstance(report.longrepr, tuple) and NOT_INSTALLED in report.longrepr[2]:
        report.outcome = "failed"
        report.longrepr = (
            f"{report.longrepr[2].removeprefix('Skipped: ')}: CI=true, and what is not tested there is tested nowhere"
        )
