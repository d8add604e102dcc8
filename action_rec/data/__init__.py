"""Clips for a network: sampling, augmentation, streams, loading and the LightningDataModule."""
