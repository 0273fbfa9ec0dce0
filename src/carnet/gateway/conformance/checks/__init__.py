"""What is checked, one file per part of the contract. Each names its checks in CHECKS, in the order of the report."""
