"""HaMeR and WiLoR, which share crops, outputs and units, behind the project's interface (formats.md section 4)."""
