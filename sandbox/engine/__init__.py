"""What runs inside the box: reads tables, trains models, judges them; knows no Django."""
