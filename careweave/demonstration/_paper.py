"""Small PDF documents, the same bytes every time."""

_FONTS = "/Resources << /Font << /F1 5 0 R >> >>"


def pdf(title: str, text: str) -> bytes:
    """Returns a PDF of one page whose metadata hold the title. Source: ISO 32000-1, 7.5."""
    line = f"BT /F1 11 Tf 50 780 Td ({_escaped(text)[:400]}) Tj ET"
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R {_FONTS} >>",
        f"<< /Length {len(line.encode('latin-1', 'replace'))} >>\nstream\n{line}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        f"<< /Title ({_escaped(title)}) /Producer (Northmere) >>",
    )
    made, places = "%PDF-1.4\n", list[int]()
    for number, body in enumerate(objects, 1):
        places.append(len(made.encode("latin-1", "replace")))
        made += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(made.encode("latin-1", "replace"))
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    made += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    made += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 6 0 R >>\n"
    return (made + f"startxref\n{start}\n%%EOF\n").encode("latin-1", "replace")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
