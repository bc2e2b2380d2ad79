"""The engine against its peers: same splits, same seconds, same machine, one run."""
