"""Prefect flows and the ``pam`` command: the control plane."""
