"""What in the data or the result gives cause to warn, with its evidence."""
