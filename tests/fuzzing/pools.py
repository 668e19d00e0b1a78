"""Blocks that pool, and blocks that enlarge maps, in their spellings."""

from .writing import Unfit, Value, Writer


def max_pool(w: Writer, v: Value) -> Value:
    w.maps(v, 5)
    pick = w.dice.choice
    kernel, stride, padding, dilation, ceil = pick(
        [
            *[(2, 2, 0, 1, False), (3, 2, 1, 1, False), (3, 2, 0, 1, True), (2, 2, 0, 1, True), (3, 1, 1, 1, False)],
            *[((2, 3), (1, 2), (1, 1), (2, 1), False), (2, 1, 0, 2, False), (3, 3, 1, 1, True), (2, 3, 0, 1, False)],
        ]
    )
    options = f"{kernel}, {stride}, {padding}, {dilation}, ceil_mode={ceil}"
    form = w.dice.randrange(5)
    if form < 2:
        return w.say("{m}({0})", v, module=f"nn.MaxPool2d({kernel}, {stride}, {padding}, {dilation}, ceil_mode={ceil})")
    own = [f"F.max_pool2d({{0}}, {options})", f"torch.max_pool2d({{0}}, {options})"]
    own += [f"F.max_pool2d({{0}}, {options}, return_indices=True)[0]"]
    return w.say(own[form - 2], v, meant=own[0])


def pool_and_unpool(w: Writer, v: Value) -> Value:
    """SegNet: what is pooled goes back to where it was, inside the network."""
    channels, rows, columns = w.maps(v, 4)
    own = "{y}, {y}_at = F.max_pool2d({0}, 2, return_indices=True)"
    pooled = w.say(own, v)
    filtered = w.say("{m}({0})", pooled, module=f"nn.Conv2d({channels}, {channels}, 3, padding=1)", role="filter")
    at = f"{pooled.own}_at"
    call = w.dice.choice([f"F.max_unpool2d({{0}}, {at}, 2, output_size=({rows}, {columns}))"])
    if w.maybe() and not rows % 2 and not columns % 2:
        return w.say(f"{{m}}({{0}}, {at})", filtered, module="nn.MaxUnpool2d(2)")
    return w.say(call, filtered)


def average_pool(w: Writer, v: Value) -> Value:
    w.maps(v, 5)
    options = w.dice.choice(
        [
            *["2", "3, 2, 1", "3, 1, 1", "(2, 3), (1, 2)", "3, 2, 1, ceil_mode=True", "3, 2, 1, True, False"],
            *["2, 2, ceil_mode=True", "3, 2, 1, count_include_pad=False", "2, divisor_override=3"],
        ]
    )
    if w.maybe():
        return w.say("{m}({0})", v, module=f"nn.AvgPool2d({options})", fresh=True)
    return w.say(f"F.avg_pool2d({{0}}, {options})", v, fresh=True)


def adaptive_pool(w: Writer, v: Value) -> Value:
    _, rows, _ = w.maps(v, 3)
    size = w.dice.choice(["5", "(4, 6)", "(7, None)", f"({rows}, 3)", "4"])
    kind = w.dice.choice(["AdaptiveAvgPool2d", "AdaptiveMaxPool2d"])
    if w.maybe():
        return w.say("{m}({0})", v, module=f"nn.{kind}({size})")
    function = "adaptive_avg_pool2d" if "Avg" in kind else "adaptive_max_pool2d"
    return w.say(f"F.{function}({{0}}, {size})", v)


def other_pool(w: Writer, v: Value) -> Value:
    """Poolings that are put together of other operators, or less common."""
    channels, rows, columns = w.maps(v, 6)
    even = f"[:, :, : {rows - rows % 2}, : {columns - columns % 2}]"
    shape = f"({{0}}.size(0), {channels}, {rows // 2}, 2, {columns // 2}, 2)"
    own, meant = w.dice.choice(
        [
            ("F.lp_pool2d({0}, 2, 2)", ""),
            (f"{{0}}{even}.reshape{shape}.mean((3, 5))", ""),
            (f"{{0}}{even}.reshape{shape}.amax((3, 5))", "F.max_pool2d({0}, 2)"),
            ("-F.max_pool2d(-{0}, 2)", ""),
        ]
    )
    return w.say(own, v, meant=meant, status="may")


def resize(w: Writer, v: Value) -> Value:
    channels, rows, columns = w.maps(v, 3)
    if max(rows, columns) > 22:
        raise Unfit
    pick = w.dice.choice
    mode = pick(["nearest", "bilinear", "bilinear", "bicubic", "nearest-exact", "area"])
    corners = pick(["", ", align_corners=True", ", align_corners=False"]) if mode[:2] == "bi" else ""
    by = pick(["scale_factor=2", "scale_factor=1.5", f"size=({rows + 3}, {2 * columns})", "scale_factor=(2, 1.3)"])
    by = pick([by, by, f"size=({rows - 1}, {columns - 2})", "scale_factor=0.7"]) if min(rows, columns) > 6 else by
    again = pick(["", "", ", recompute_scale_factor=True"]) if "scale" in by else ""
    if mode == "area":
        again = ""
    if w.maybe() and mode != "area" and not again:
        larger = w.say("{m}({0})", v, module=f"nn.Upsample({by}, mode='{mode}'{corners})", fresh=True)
    else:
        larger = w.say(f"F.interpolate({{0}}, {by}, mode='{mode}'{corners}{again})", v, fresh=True)
    # positions that are copies of each other are parted, so that no pooling above has to choose between equals
    code = f"nn.Conv2d({channels}, {channels}, 3, padding=1)"
    return w.say("{m}({0})", larger, module=code, role="filter", fresh=True)


def shuffle_pixels(w: Writer, v: Value) -> Value:
    channels, rows, columns = w.maps(v, 2)
    if channels % 4 == 0 and max(rows, columns) < 14:
        by_hand = f"{{0}}.view(-1, {channels // 4}, 2, 2, {rows}, {columns}).permute(0, 1, 4, 2, 5, 3)"
        by_hand += f".reshape(-1, {channels // 4}, {2 * rows}, {2 * columns})"
        own = w.dice.choice(["F.pixel_shuffle({0}, 2)", by_hand, "{m}({0})"])
        meant = "" if own == "{m}({0})" else "F.pixel_shuffle({0}, 2)"
        return w.say(own, v, module="nn.PixelShuffle(2)" if own == "{m}({0})" else "", meant=meant)
    if rows % 2 or columns % 2 or channels > 6:
        raise Unfit
    own = w.dice.choice(["F.pixel_unshuffle({0}, 2)", "{m}({0})"])
    return w.say(own, v, module="nn.PixelUnshuffle(2)" if own == "{m}({0})" else "")


POOLS = [*[max_pool] * 4, pool_and_unpool, *[average_pool] * 2, adaptive_pool, other_pool]
RESIZES = [resize, resize, shuffle_pixels]
