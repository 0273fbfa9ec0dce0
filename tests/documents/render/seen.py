"""What a reader sees of rendered markup, and what a browser would act on."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

_APPARATUS = (".cn-mark", ".cn-move", ".cn-source", ".cn-script > summary", ".cn-callout-name", ".cn-language")
ELEMENTS = frozenset(
    [
        "html",
        "head",
        "body",
        "div",
        "p",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "blockquote",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "pre",
        "code",
        "hr",
        "br",
        "a",
        "span",
        "strong",
        "em",
        "s",
        "ins",
        "del",
        "details",
        "summary",
        "colgroup",
        "col",
        "wbr",
    ],
)
ATTRIBUTES = frozenset(
    {"class", "id", "href", "rel", "title", "start", "open", "tabindex", "role", "aria-label", "aria-hidden"}
)


def words(markup: str, without: str = "") -> str:
    """Text without white space and without what the renderer adds itself; `without` names elements to leave out."""
    tree = LexborHTMLParser(f"<body>{markup}</body>")
    for selector in (*_APPARATUS, *filter(None, [without])):
        for node in tree.css(selector):
            node.decompose()
    body = tree.body
    assert body is not None
    return "".join(body.text(deep=True, separator="").split())


def faults(markup: str) -> list[str]:
    """Everything in the markup that a captured text must never bring about."""
    found = []
    for node in LexborHTMLParser(f"<body>{markup}</body>").css("*"):
        tag = node.tag or ""
        if tag not in ELEMENTS:
            found.append(f"element {tag}")
        for name, value in node.attributes.items():
            if name not in ATTRIBUTES:
                found.append(f"attribute {name} of {tag}")
            if name == "href" and not (value or "").lower().startswith(("#", "http://", "https://", "mailto:")):
                found.append(f"link {value}")
    return found
