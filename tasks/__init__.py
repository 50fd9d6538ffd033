"""One file per pipeline step, the executors, the store and the tables: the data plane."""
