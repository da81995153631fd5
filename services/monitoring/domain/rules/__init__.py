"""The rules: each is a pure function from a case and parameters to findings; `catalogue` lists them."""
