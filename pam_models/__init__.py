"""The science of PAM: hands, motion, rendering, generators, estimators and metrics. Imports neither Prefect nor Ray."""
