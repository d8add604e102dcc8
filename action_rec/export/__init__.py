"""Write networks as ONNX files, and a page that runs one in a browser."""
