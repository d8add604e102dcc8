"""Networks in ONNX files: what such a file says of itself, and running it with onnxruntime."""
