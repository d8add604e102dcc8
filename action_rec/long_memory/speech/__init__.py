"""Frame-wise phone classification on TIMIT, and a synthetic corpus in TIMIT's layout."""
