"""Parametric hands: one skinning code path for MANO files and for the free hand that ships with the project."""
