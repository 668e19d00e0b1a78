"""Galleries to look at, and a browser that notices all that goes wrong on a page."""

import json
import shutil
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from deconvviz import Index, Model, Preprocess, load_model, scan, shapes

HOSTILE_CLASS = "<img src=x onerror=alert(1)>"
HOSTILE_FILE = "\"';--#?%&.jpg"
HOSTILE_LAYERS = ("<img src=x onerror=alert(1)>", "a/b, c'&?#%")


class Named(nn.Module):
    """Two small convolutions; their layers are called as asked."""

    def __init__(self, *names: str, maps: int = 8) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.add_module(names[0], nn.Conv2d(3, maps, 5, stride=2))
        self.add_module(names[1], nn.Conv2d(maps, maps, 3, stride=2))

    def forward(self, x: Tensor) -> Tensor:
        first, second = self.children()
        return torch.relu(second(torch.relu(first(x))))


def small_network(*names: str) -> Model:
    return Model(Named(*(names or ("one", "two"))).eval(), load_model("shapes", "none").preprocess, "<b>small</b>")


def uneven_network() -> Model:
    """Takes images of 48 × 80 pixels; receptive fields are tall, wide, and all of the image."""
    torch.manual_seed(0)
    layers = {
        "tall": nn.Conv2d(3, 6, (21, 9), stride=4, padding=4),
        "relu1": nn.ReLU(),
        "wide": nn.Conv2d(6, 6, (1, 7), padding=(0, 3)),
        "relu2": nn.ReLU(),
        "mean": nn.AdaptiveAvgPool2d(1),
        "flat": nn.Flatten(),
        "scores": nn.Linear(6, 6),
    }
    return Model(nn.Sequential(OrderedDict(layers)).eval(), Preprocess((48, 80), resize=(48, 80)), "uneven")


def draw(folder: Path, names: Sequence[str]) -> Path:
    """Pictures of the embedded world under these names."""
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            shapes.image(number).save(file, "PNG")
    return folder


def small_index(folder: Path, names: Sequence[str], *layers: str) -> Index:
    """An index in `folder`/index of pictures that are drawn into `folder`/pictures."""
    index = scan(small_network(*layers), draw(folder / "pictures", names), k=4, out=folder / "index")
    assert index is not None
    return index


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@dataclass
class Watched:
    """A page, what it asked for, and what went wrong on it."""

    page: Any
    allowed: tuple[str, ...]
    requests: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)
        self.page.on("request", self._asked)
        self.page.on("dialog", self._alerted)

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.type}: {message.text}")

    def _failed(self, request: Any) -> None:
        if request.failure != "net::ERR_ABORTED":  # the page was left before it came
            self.problems.append(f"failed: {request.url[:200]} {request.failure}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.problems.append(f"{response.status}: {response.url}")

    def _asked(self, request: Any) -> None:
        if not request.url.startswith("data:"):
            self.requests.append(request.url)
            if not request.url.startswith(self.allowed):
                self.problems.append(f"outside: {request.url}")

    def _alerted(self, dialog: Any) -> None:
        self.problems.append(f"alert: {dialog.message}")
        dialog.dismiss()

    def asked_for(self, part: str) -> list[str]:
        return [url for url in self.requests if part in url]


Opener = Callable[..., Any]


# --- what is known of a gallery, and what is seen of it ---------------------------------------------------


def data_of(place: Path, layer: str, gallery: str = "small") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((place / gallery / "data" / f"{layer}.json").read_text())
    return content


def numbers(page: Any, within: str = "#maps") -> list[int]:
    """The maps that are shown, in their order."""
    found: list[int] = page.eval_on_selector_all(
        f"{within} .map", "cards => cards.filter(c => c.offsetParent).map(c => Number(c.dataset.number))"
    )
    return found


def units(page: Any, selector: str) -> list[str]:
    """The feature maps of these cards."""
    found: list[str] = page.eval_on_selector_all(selector, "cards => cards.map(c => c.dataset.unit)")
    return found


def focused(page: Any) -> str | None:
    """The card that has the focus."""
    found: str | None = page.evaluate("document.activeElement.closest('.map')?.dataset.unit ?? null")
    return found


def shows(page: Any, name: str) -> None:
    """This feature map is shown by itself, now or soon: the browser tells of a new hash a little later."""
    title = "() => document.querySelector('#unit').open && document.querySelector('#unit-title').textContent"
    page.wait_for_function(f"name => ({title})() === name", arg=name)


def closed(page: Any) -> None:
    """No feature map is shown by itself any more: going back takes a moment."""
    page.wait_for_function("!document.querySelector('#unit').open")


def in_sight(page: Any, selector: str) -> None:
    """This lies between the bar and the end of the screen, now or once all is laid out."""
    page.wait_for_function(
        """selector => {
          const { top, bottom } = document.querySelector(selector).getBoundingClientRect();
          const bar = document.querySelector(".tools").getBoundingClientRect().bottom;
          return bar <= top && top < bottom && bottom < innerHeight + 1;
        }""",
        arg=selector,
    )


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def picture(locator: Any) -> Image.Image:
    return Image.open(BytesIO(locator.screenshot())).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    size = (24, 24)  # smaller than both: no enlargement blurs one of them
    a, b = (np.asarray(p.resize(size, Image.Resampling.BOX), dtype=float) for p in (one, other))
    return float(abs(a - b).mean())


def settled(page: Any) -> None:
    """All pictures of a feature map's own view are loaded, and ready to be painted."""
    page.wait_for_selector(".nine li")
    page.evaluate(
        "Promise.all([...document.querySelectorAll('.nine img')].map(i => ((i.loading = 'eager'), i.decode())))"
    )
