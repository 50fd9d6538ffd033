"""How good generated clips and their labels are: one file for each family of metrics.

Every file states its source, its protocol, its units and its limits. A number that cannot be computed is a
`MetricResult` with a reason and never a guess.
"""
