"""`DeconvNet`: a network with its mirror attached, the units one asks for, and their projections.

Here live units and their text form (`units`), what one that is asked for stands for (`asked`), the tables of layers for
each shape of images (`tables`), which forward passes serve units at what price (`plan`, made from the sizes in
`ascent`), these passes (`passes`, `forward`), what units contribute to a class (`classes`, `contributions`), how
projections are made (`projecting`) and what they are (`projection`, `projections`), the figures of these (`figures`),
a network by its words (`loading`), and the whole pipe from image files to picture files (`visualise`). This wing never
knows a data set's ranking, a page, or the operator of a layer: a layer's rule says what may be asked of it.
"""

from .carrying import carried
from .deconvnet import DeconvNet
from .figure2 import Cell, figure2, one_below_the_other
from .figures import short_number
from .loading import NetworkFrom, of_another_network
from .projection import Projection
from .projections import Projections, units_html
from .tables import sample_of
from .tiling import frames_of, patch_tile, projection_tile
from .units import Unit, image_of
from .visualise import Pictured, picture_files, usual_layers

__all__ = [
    "Cell",
    "DeconvNet",
    "NetworkFrom",
    "Pictured",
    "Projection",
    "Projections",
    "Unit",
    "carried",
    "figure2",
    "frames_of",
    "image_of",
    "of_another_network",
    "one_below_the_other",
    "patch_tile",
    "picture_files",
    "projection_tile",
    "sample_of",
    "short_number",
    "units_html",
    "usual_layers",
]
