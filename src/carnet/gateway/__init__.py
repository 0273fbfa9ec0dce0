"""What passes through us: model traffic, relayed byte for byte."""
