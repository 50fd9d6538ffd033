"""The one way in which this project reads other people's pickles: nothing that a file names is ever run.

`reader` refuses every name that is not on a list given to it; the other files are such lists, each for one kind
of file.
"""
