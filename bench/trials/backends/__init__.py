"""Where jobs run: on worker processes of this machine, or on a cluster of Dask or Ray."""
