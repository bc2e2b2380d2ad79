"""Turns a page of our own into a tagged PDF; whatever the page names, nothing is fetched for it."""

from pathlib import Path

import weasyprint
from weasyprint.urls import URLFetcher


def render(page: Path, pdf: Path) -> int:
    """Write the HTML file as PDF/UA with its fonts embedded; the number of pages.

    Only `data:` addresses are opened (WeasyPrint 70): a page reads no file, reaches no network.
    """
    html = weasyprint.HTML(
        string=page.read_text("utf-8"),
        base_url=None,
        url_fetcher=URLFetcher(allowed_protocols=["data"], allow_redirects=False),
    )
    document = html.render()
    document.write_pdf(pdf, pdf_variant="pdf/ua-1")
    return len(document.pages)
