"""The paper's tables as data: sets of builds and training runs, what is measured of them, and what the paper claims."""
