"""What `make attack` does to the product, and how it is judged; a short slice is in `make test`."""
