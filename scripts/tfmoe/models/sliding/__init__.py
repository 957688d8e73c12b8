"""Networks on all windows of a long sequence, which share what their pooling allows."""
