"""What is measured: evaluation, agreement with the real compiler, the demo."""
