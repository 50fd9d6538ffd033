"""A build in the layouts that other programs read: SimpleHand, DexYCB, HaMeR, PAM's simulator folders, GraspXL,
WebDataset.
"""
