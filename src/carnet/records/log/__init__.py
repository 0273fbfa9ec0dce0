"""The audit log: a Merkle tree of RFC 9162, kept as C2SP tlog-tiles under a signed checkpoint."""
