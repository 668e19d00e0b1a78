"""Random networks, each written twice: as somebody might have written it, and as it is meant.

Blocks (`filters`, `pools`, `activations`, `gates`, `moves`, `composites`, `refused`) know many spellings of a layer.
`growing` puts them together with seeded dice; `writing` keeps two texts side by side: the source of an `nn.Module`, and
a function in which every activation, gate and normalisation is a word of `meaning`, whose backward pass is the
deconvnet's. So ten operators that are a GELU have a truth of their own. `judging` compares the package with both,
forward and down.
"""
