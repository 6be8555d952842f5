"""Training, export, quantization and evaluation of Penumbra's bundled models."""
