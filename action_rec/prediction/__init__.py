"""What a trained network says of stores and raw recordings, as tables, files and pictures."""
