"""Which layers of an index a gallery shows, and what it calls them."""

from collections.abc import Sequence

from ..mirror import Layers, block_of, blocks
from ..scanning import Index, Scanned


def choose_layers(index: Index, asked: str | Sequence[str]) -> list[str]:
    """The layers of a gallery: those asked for, by name or glob, in the order of the index; without any, the usual.

    These are what blocks put out, by the blocks' names, and the layers outside of blocks; but neither max-pools, whose
    maps are those of the layer before, nor layers whose maps another one lines up beside others. Of a block that puts
    out what was not scanned, as it is not rectified, the deepest layer that was. Raises UnknownLayer.
    """
    scanned = index.manifest.layers
    if asked:
        names = set(index.matching(asked))
        return [layer.names[0] for layer in scanned if names & set(layer.names)]
    lined_up = {piece for layer in scanned if len(layer.pieces) > 1 for piece in layer.pieces}
    own = [layer for layer in scanned if len(layer.pieces) > 1 or layer.pieces[0] not in lined_up]
    table = index.network.layers
    filtered = [layer for layer in own if (table[layer.read_at].mirror or "") != "unpool"]
    return _of_blocks(table, filtered or own)


def _of_blocks(table: Layers, layers: Sequence[Scanned]) -> list[str]:
    """The layers outside of blocks, and of each block what it puts out, or else its deepest layer."""
    around, put_out = block_of(table.graph), blocks(table.graph)
    deepest = {around[layer.read_at]: layer for layer in layers if layer.read_at in around}
    deepest |= {path: layer for layer in layers for path, call in put_out.items() if layer.read_at == call}
    chosen = [layer for layer in layers if layer.read_at not in around or deepest[around[layer.read_at]] is layer]
    names = {layer.read_at: path for path, layer in deepest.items() if put_out[path] == layer.read_at}
    return [name if (name := names.get(layer.read_at, "")) in layer.names else layer.names[0] for layer in chosen]
