"""What runs inside the box: reads a table, trains models on it, says how good they are; knows no Django."""
