"""The code that makes `free_hand.npz`: a hand designed from proportions alone, owing nothing to any scan.

`python -m pam_models.hand.free_hand_builder` writes the file; the same code gives the same arrays.
"""
