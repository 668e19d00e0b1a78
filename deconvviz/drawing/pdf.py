"""A page as PDF: text stays text, that can be searched, copied and enlarged without loss."""

import zlib
from collections.abc import Iterator, Sequence

from PIL import Image, ImageDraw

from .lettering import ascent, font, font_for, own_letters, text_width
from .page import ACCENT, GROUND, NUMBER, WHITE, Colour, Item, Number, Outline, Page, Shown, Text

LETTERS = range(32, 256)
"""Codes of letters, in Windows-1252; texts of which Pillow's own font lacks one are pictures."""

FINER = 4
"""Times as many pixels as the page's, of texts that are pictures."""


def as_pdf(page: Page, title: str = "", dpi: int = 300) -> bytes:
    """The page as a PDF of one page, `dpi` of its pixels an inch; the same bytes each time."""
    pictures: list[Image.Image] = []
    drawing = "\n".join(line for item in page.items for line in _pdf(item, page.height, pictures))
    scale = 72 / dpi
    ground = f"{_rgb(GROUND)} rg 0 0 {page.width} {page.height} re f"
    content = f"{scale:.6f} 0 0 {scale:.6f} 0 0 cm\n{ground}\n{drawing}\n".encode("latin-1")
    first = 8  # the number of the first picture's object
    named = " ".join(f"/P{n} {first + n} 0 R" for n in range(len(pictures)))
    size = f"[0 0 {page.width * scale:.3f} {page.height * scale:.3f}]"
    resources = f"<< /Font << /F 5 0 R >> /XObject << {named} >> >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox {size} /Contents 4 0 R /Resources {resources} >>".encode(),
        _stream("", content),
        *_font_objects(),
        *(_picture_object(picture) for picture in pictures),
        b"<< /Title <feff" + title.encode("utf-16-be", "replace").hex().encode() + b"> /Producer (deconvviz) >>",
    ]
    return _file(objects)


def _pdf(item: Item, height: int, pictures: list[Image.Image]) -> Iterator[str]:
    """What draws an item, in a space whose origin is below, and the pictures that it needs."""
    if isinstance(item, Text):
        if not own_letters().issuperset(item.text):
            said = item.text.encode("utf-16-be", "replace").hex()
            yield f"/Span << /ActualText <feff{said}> >> BDC"  # what is found and copied
            yield from _pdf_picture(_lettered(item), item.left, item.top, height, pictures, FINER)
            yield "EMC"
        elif item.text.strip():
            yield _pdf_text(
                item.left, height - item.top - ascent(item.text, item.size), item.text, item.size, item.colour
            )
    elif isinstance(item, Shown):
        yield from _pdf_picture(item.image, item.left, item.top, height, pictures)
    elif isinstance(item, Outline):
        left, top, right, bottom = item.box
        shape = f"{left:.2f} {height - bottom:.2f} {right - left:.2f} {bottom - top:.2f} re S"
        yield f"{_rgb(WHITE)} RG 3 w {shape}\n{_rgb(ACCENT)} RG 1.2 w {shape}"
    else:
        yield _disc(item, height)
        left = item.across - text_width(item.text, NUMBER) / 2
        yield _pdf_text(left, height - item.down - 0.36 * NUMBER, item.text, NUMBER, WHITE)


def _pdf_text(left: float, baseline: float, text: str, size: int, colour: Colour) -> str:
    codes = [code for code in text.encode("cp1252", "ignore") if code in LETTERS]
    shown = "".join("\\" + chr(code) if chr(code) in "()\\" else chr(code) for code in codes)
    drawn = font(1000).getlength(text) * size / 1000  # Pillow fits small letters to pixels, which makes them wider
    wider = 100 * text_width(text, size) / drawn if drawn else 100
    return f"{_rgb(colour)} rg BT /F {size} Tf {wider:.2f} Tz {left:.2f} {baseline:.2f} Td ({shown}) Tj ET"


def _pdf_picture(
    image: Image.Image, left: float, top: float, height: int, pictures: list[Image.Image], finer: int = 1
) -> Iterator[str]:
    pictures.append(image)
    width, tall = image.width / finer, image.height / finer
    yield f"q {width:.2f} 0 0 {tall:.2f} {left:.2f} {height - top - tall:.2f} cm /P{len(pictures) - 1} Do Q"


def _lettered(item: Text) -> Image.Image:
    """A text as a picture, finer than the page."""
    letters = font_for(item.text, item.size * FINER)
    size = (max(round(letters.getlength(item.text)), 1), round(item.size * FINER * 1.5))
    picture = Image.new("RGB", size, GROUND)
    ImageDraw.Draw(picture).text((0, 0), item.text, item.colour, letters)
    return picture


def _disc(item: Number, height: int) -> str:
    """A circle of four curves."""
    x, y, r = item.across, height - item.down, item.radius
    k = 0.5523 * r
    curves = [
        (x + r, y + k, x + k, y + r, x, y + r),
        (x - k, y + r, x - r, y + k, x - r, y),
        (x - r, y - k, x - k, y - r, x, y - r),
        (x + k, y - r, x + r, y - k, x + r, y),
    ]
    path = " ".join(" ".join(f"{value:.2f}" for value in curve) + " c" for curve in curves)
    return f"{_rgb(ACCENT)} rg {_rgb(WHITE)} RG 1 w {x + r:.2f} {y:.2f} m {path} b"


def _font_objects() -> list[bytes]:
    """Pillow's own font, embedded whole: it is small, and free (Aileron, CC0)."""
    letters = font(1000)
    signs = (bytes([code]).decode("cp1252", "replace") for code in LETTERS)
    widths = " ".join(f"{letters.getlength(sign):.0f}" for sign in signs)
    ascent, descent = letters.getmetrics()
    font_file = letters.font_bytes or letters.path.getvalue()
    described = f"/FontBBox [-200 {-descent} 1200 {ascent}] /Ascent {ascent} /Descent {-descent} /CapHeight 700"
    return [
        f"<< /Type /Font /Subtype /TrueType /BaseFont /Aileron /FirstChar {LETTERS.start} /LastChar "
        f"{LETTERS.stop - 1} /Widths [{widths}] /FontDescriptor 6 0 R /Encoding /WinAnsiEncoding >>".encode(),
        f"<< /Type /FontDescriptor /FontName /Aileron /Flags 32 {described} /ItalicAngle 0 /StemV 80 "
        "/FontFile2 7 0 R >>".encode(),
        _stream(f"/Length1 {len(font_file)}", font_file),
    ]


def _picture_object(image: Image.Image) -> bytes:
    facts = f"/Type /XObject /Subtype /Image /Width {image.width} /Height {image.height}"
    return _stream(f"{facts} /ColorSpace /DeviceRGB /BitsPerComponent 8", image.convert("RGB").tobytes())


def _stream(facts: str, content: bytes) -> bytes:
    packed = zlib.compress(content, 9)
    return f"<< {facts} /Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode() + packed + b"\nendstream"


def _file(objects: Sequence[bytes]) -> bytes:
    """The objects, where each begins, and which of them the catalogue and the last, the title, are."""
    written, places = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, start=1):
        places.append(len(written))
        written += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    count, begun = len(objects) + 1, len(written)
    written += f"xref\n0 {count}\n0000000000 65535 f \n{table}".encode()
    written += (
        f"trailer\n<< /Size {count} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{begun}\n%%EOF\n".encode()
    )
    return bytes(written)


def _rgb(colour: Colour) -> str:
    return " ".join(f"{level / 255:.4f}" for level in colour)
