"""Pages that stand before a document: sign-in forms and bot checks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser as Tree

# Marks in the markup, not in the text: a document may well write about captchas.
_CHECKS = re.compile(
    r"/cdn-cgi/challenge-platform/|_cf_chl_opt|captcha-delivery\.com|_Incapsula_Resource|px-captcha|awswaf|"
    r"geo\.captcha|hcaptcha\.com/1/api|recaptcha/api\.js|challenges\.cloudflare\.com|/_vercel/security|ddos-guard",
    re.IGNORECASE,
)
_CHECK_TITLE = re.compile(
    r"(?i)^\s*(just a moment|attention required|are you (a )?(human|robot)|security check|verify(ing)? you are human|"
    r"access denied|pardon our interruption|checking your browser|bot verification|vercel security checkpoint)"
)
_SIGN_IN_TITLE = re.compile(r"(?i)\b(log|sign)[ -]?in\b|\bauthenticat")
_SHORT = 1_500
"""Characters of content; a page with more of it is a document, whatever else it carries."""


def wall(tree: Tree, html: str, text: str) -> str:
    """What stands before the document, in words; empty where the page is the document."""
    if len(text) > _SHORT:
        return ""
    title_node = tree.css_first("title")
    title = title_node.text() if title_node is not None else ""
    if _CHECK_TITLE.search(title) or _CHECKS.search(html):
        return "the answer is a bot check, not the document"
    if tree.css_first("input[type=password]") is not None or (_SIGN_IN_TITLE.search(title) and tree.css_first("form")):
        return "the answer is a sign-in page, not the document"
    return ""
